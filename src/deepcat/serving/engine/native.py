"""TensorFlow through its C interface: quick to start, and the same session TF Serving uses."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.engine import capi, fusing
from deepcat.serving.engine.filling import fill
from deepcat.serving.engine.pace import Pace
from deepcat.serving.engine.session import Runner
from deepcat.serving.engine.tensors import Tensors

Names = tuple[str, ...]


class NativeEngine:
    """Loads SavedModels by `TF_LoadSessionFromSavedModel`."""

    name = "native"
    libraries = capi.LIBRARIES

    def __init__(self, library: Any) -> None:
        self.library = library
        self.version = library.TF_Version().decode()

    def load(self, path: Path, threads: int = 0) -> NativeSession:
        """Load the SavedModel in `path`."""
        return NativeSession.of_folder(self.library, path, threads)

    def load_library(self, path: Path) -> None:
        """See `Engine.load_library`."""
        with CallStatus(self.library) as status:
            self.library.TF_LoadLibrary(str(path).encode(), status.pointer)
            status.check()


class CallStatus:
    """A TF_Status for the time of one call."""

    __slots__ = ("library", "pointer")

    def __init__(self, library: Any) -> None:
        self.library = library
        self.pointer = library.TF_NewStatus()

    def __enter__(self) -> CallStatus:
        return self

    def __exit__(self, *_: object) -> None:
        self.library.TF_DeleteStatus(self.pointer)

    def check(self) -> None:
        """Raise ServingError when it is not OK."""
        if self.library.TF_GetCode(self.pointer):
            raise _error(self.library, self.pointer)


def _as_they_are(feeds: Names, fetches: Names) -> tuple[Names, Names]:
    return feeds, fetches


class NativeSession:
    """A TF_Session with its TF_Graph, which are its own from now on.

    Args:
        library: TensorFlow's.
        graph: a TF_Graph.
        session: a TF_Session of it.
        meta_graph: serialised, with the signatures.
        named: of feeds and fetches by the signatures' names, what they are called in the graph.
    """

    def __init__(
        self,
        library: Any,
        graph: Any,
        session: Any,
        meta_graph: bytes,
        named: Callable[[Names, Names], tuple[Names, Names]] = _as_they_are,
    ) -> None:
        self.library = library
        self.meta_graph = meta_graph
        self.tensors = Tensors(library)
        self._graph = graph
        self._session = session
        self._named = named
        self._in_caller = run_options(library, inter_op_thread_pool=-1)

    @classmethod
    def of_folder(cls, library: Any, path: Path, threads: int) -> NativeSession:
        """Load the SavedModel in `path`."""
        graph = library.TF_NewGraph()
        tags = (ctypes.c_char_p * 1)(b"serve")
        buffer = library.TF_NewBuffer()
        options = library.TF_NewSessionOptions()
        try:
            with CallStatus(library) as status:
                config = session_config(threads, fuses=fusing.pays(path / "saved_model.pb"))
                library.TF_SetConfig(options, config, len(config), status.pointer)
                status.check()
                session = library.TF_LoadSessionFromSavedModel(
                    options, None, str(path).encode(), tags, 1, graph, buffer, status.pointer
                )
                status.check()
            meta_graph = ctypes.string_at(buffer.contents.data, buffer.contents.length)
        except ServingError:
            library.TF_DeleteGraph(graph)
            raise
        finally:
            library.TF_DeleteSessionOptions(options)
            library.TF_DeleteBuffer(buffer)
        return cls(library, graph, session, meta_graph)

    def runner(self, feeds: tuple[str, ...], fetches: tuple[str, ...]) -> Runner:
        """See `Session.runner`."""
        feeds, fetches = self._named(feeds, fetches)
        return _Runner(
            self.library, self._session, self.tensors, self.outputs(feeds), self.outputs(fetches),
            self._in_caller,
        )  # fmt: skip

    def run(
        self,
        feeds: Mapping[str, Array],
        fetches: Names = (),
        target: str = "",
        record: Callable[[bytes], object] | None = None,
    ) -> None:
        """Run the graph once for what it does, not for what it gives.

        Args:
            feeds: arrays by their tensors' names in the graph.
            fetches: tensors that are computed.
            target: an operation that is carried out.
            record: is given the serialised RunMetadata, with the graph that TensorFlow really ran.

        Raises:
            ServingError: as `runner`, or from TensorFlow.
        """
        library = self.library
        inputs, outputs = self.outputs(tuple(feeds)), self.outputs(fetches)
        values = (ctypes.c_void_p * len(feeds))()
        results = (ctypes.c_void_p * len(fetches))()
        targets = (ctypes.c_void_p * 1)(self._operation(target)) if target else None
        options = run_options(library, output_partition_graphs=True) if record else None
        told = library.TF_NewBuffer()
        try:
            with CallStatus(library) as status:
                for position, array in enumerate(feeds.values()):
                    values[position] = self.tensors.from_array(array)
                library.TF_SessionRun(
                    self._session, options, inputs, values, len(feeds), outputs, results,
                    len(fetches), targets, 1 if target else 0, told, status.pointer,
                )  # fmt: skip
                status.check()
            if record:
                record(ctypes.string_at(told.contents.data, told.contents.length))
        finally:
            for tensor in (*values, *results):
                if tensor:
                    library.TF_DeleteTensor(tensor)
            library.TF_DeleteBuffer(told)
            if options is not None:
                library.TF_DeleteBuffer(options)

    def outputs(self, names: Names) -> Any:
        """Tensors of the graph, as TensorFlow takes them; raises ServingError where one lacks."""
        return (capi.Output * len(names))(*map(self._output, names))

    def fill(self, variables: Mapping[str, str]) -> None:
        """See `Session.fill`."""
        with CallStatus(self.library) as status:
            fill(self.library, self._graph, self._session, variables, status)

    def _output(self, name: str) -> capi.Output:
        operation, _, index = name.partition(":")
        found = self._operation(operation)
        position = int(index or 0)
        if not found or position >= self.library.TF_OperationNumOutputs(found):
            raise invalid(f"Tensor {name} was not found in the model's graph")
        return capi.Output(found, position)

    def _operation(self, name: str) -> Any:
        return self.library.TF_GraphOperationByName(self._graph, name.encode())

    def close(self) -> None:
        """See `Session.close`."""
        session, self._session = self._session, None
        if session:
            with CallStatus(self.library) as status:
                self.library.TF_CloseSession(session, status.pointer)
                self.library.TF_DeleteSession(session, status.pointer)
            self.library.TF_DeleteGraph(self._graph)
            self.library.TF_DeleteBuffer(self._in_caller)


class _Runner:
    """Runs a session's graph with these inputs and outputs."""

    __slots__ = (
        "_in_caller", "_inputs", "_library", "_outputs", "_pace", "_session", "_tensors",
        "_values",
    )  # fmt: skip

    def __init__(
        self, library: Any, session: Any, tensors: Tensors, inputs: Any, outputs: Any, caller: Any
    ) -> None:
        self._library = library
        self._session = session
        self._tensors = tensors
        self._inputs = inputs
        self._outputs = outputs
        self._in_caller = caller
        self._values = ctypes.c_void_p * len(inputs), ctypes.c_void_p * len(outputs)
        self._pace = Pace()

    @property
    def quick(self) -> bool:
        """See `Runner`."""
        return self._pace.quick

    def __call__(self, arrays: Sequence[Array], timeout_ms: int = 0) -> list[Array]:
        """See `Runner`."""
        pace, size = self._pace, 0
        for array in arrays:
            size += array.nbytes
        in_caller = pace.in_caller(size, timeout_ms)
        if in_caller:
            options, own = self._in_caller, None
        else:
            options = own = self._timeout(timeout_ms) if timeout_ms > 0 else None
        busy = time.thread_time() if pace.watched else None
        begun = time.perf_counter()
        try:
            results = self._run(arrays, options)
        except ServingError as error:
            # What TensorFlow refuses takes no time, and so tells nothing.
            if error.code is not Code.DEADLINE_EXCEEDED:
                raise
            pace.add(in_caller, size, time.perf_counter() - begun, _since(busy))
            raise
        finally:
            if own is not None:
                self._library.TF_DeleteBuffer(own)
        pace.add(in_caller, size, time.perf_counter() - begun, _since(busy))
        return results

    def _run(self, arrays: Sequence[Array], options: Any) -> list[Array]:
        library, tensors, inputs, outputs = (
            self._library, self._tensors, self._inputs, self._outputs,
        )  # fmt: skip
        in_type, out_type = self._values
        values, results = in_type(), out_type()
        status = library.TF_NewStatus()
        try:
            for position, array in enumerate(arrays):
                values[position] = tensors.from_array(array)
            library.TF_SessionRun(
                self._session, options, inputs, values, len(inputs), outputs, results,
                len(outputs), None, 0, None, status,
            )  # fmt: skip
            if library.TF_GetCode(status):
                raise _error(library, status)
            return [tensors.to_array(result) for result in results]
        finally:
            library.TF_DeleteStatus(status)
            for tensor in values:
                if tensor:
                    library.TF_DeleteTensor(tensor)
            for tensor in results:
                if tensor:
                    library.TF_DeleteTensor(tensor)

    def _timeout(self, timeout_ms: int) -> Any:
        return run_options(self._library, timeout_in_ms=timeout_ms)


def _since(busy: float | None) -> float | None:
    return None if busy is None else time.thread_time() - busy


def _error(library: Any, status: Any) -> ServingError:
    code = library.TF_GetCode(status)
    message = library.TF_Message(status).decode("utf-8", "replace")
    return ServingError(Code(code) if 0 < code <= 16 else Code.UNKNOWN, message)


def session_config(threads: int, *, fuses: bool, rewrites: bool = True) -> bytes:
    """How a session works: with so many threads, 0 for as many as TensorFlow likes.

    What gains nothing for an inference is left out of what TensorFlow does to each graph that it
    begins, the one that restores the variables too: swapping, and another way to do what is done
    already. Its second round stays: it puts constants together across functions that the first
    has resolved, and so rounds otherwise.
    """
    from deepcat.serving.contract.protos import config_pb2, rewriter_config_pb2

    config = config_pb2.ConfigProto(
        intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads
    )
    rewriting = rewriter_config_pb2.RewriterConfig
    options = config.graph_options.rewrite_options
    options.memory_optimization = rewriting.NO_MEM_OPT
    options.disable_tfg_optimizer = True
    if not rewrites:
        options.disable_meta_optimizer = True
        config.graph_options.optimizer_options.opt_level = config_pb2.OptimizerOptions.L0
        config.experimental.disable_output_partition_graphs = True
    if not fuses:
        options.remapping = rewriting.OFF
    return bytes(config.SerializeToString())


def run_options(library: Any, **options: int) -> Any:
    """A TF_Buffer with a run's options; whoever takes it deletes it."""
    from deepcat.serving.contract.protos import config_pb2

    data = config_pb2.RunOptions(**options).SerializeToString()
    return library.TF_NewBufferFromString(data, len(data))
