"""TensorFlow through its C interface: quick to start, and the same session TF Serving uses."""

from __future__ import annotations

import ctypes
import itertools
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepcat.serving.contract import dtypes
from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.engine import capi
from deepcat.serving.engine.session import Runner

_QUICK_S = 0.001
_ALIGNMENT = 64
_STRING_BYTES = 24  # sizeof(TF_TString), fixed by TensorFlow's binary interface


class NativeEngine:
    """Loads SavedModels by `TF_LoadSessionFromSavedModel`."""

    name = "native"

    def __init__(self, library: Any) -> None:
        self.library = library
        self.version = library.TF_Version().decode()

    def load(self, path: Path, threads: int = 0) -> NativeSession:
        """Load the SavedModel in `path`."""
        return NativeSession(self.library, path, threads)

    def load_library(self, path: Path) -> None:
        """See `Engine.load_library`."""
        with _Status(self.library) as status:
            self.library.TF_LoadLibrary(str(path).encode(), status.pointer)
            status.check()


class _Status:
    """A TF_Status for the time of one call."""

    __slots__ = ("library", "pointer")

    def __init__(self, library: Any) -> None:
        self.library = library
        self.pointer = library.TF_NewStatus()

    def __enter__(self) -> _Status:
        return self

    def __exit__(self, *_: object) -> None:
        self.library.TF_DeleteStatus(self.pointer)

    def check(self) -> None:
        code = self.library.TF_GetCode(self.pointer)
        if code:
            message = self.library.TF_Message(self.pointer).decode("utf-8", "replace")
            raise ServingError(Code(code) if 0 < code <= 16 else Code.UNKNOWN, message)


class NativeSession:
    """A TF_Session with its TF_Graph."""

    def __init__(self, library: Any, path: Path, threads: int) -> None:
        self._library = library
        self._tensors = _Tensors(library)
        self._graph = library.TF_NewGraph()
        self._session = None
        tags = (ctypes.c_char_p * 1)(b"serve")
        buffer = library.TF_NewBuffer()
        options = library.TF_NewSessionOptions()
        try:
            with _Status(library) as status:
                if threads:
                    config = _thread_config(threads)
                    library.TF_SetConfig(options, config, len(config), status.pointer)
                    status.check()
                self._session = library.TF_LoadSessionFromSavedModel(
                    options, None, str(path).encode(), tags, 1, self._graph, buffer, status.pointer
                )
                status.check()
            self._in_caller = _run_options(library, inter_op_thread_pool=-1)
            self.meta_graph = ctypes.string_at(buffer.contents.data, buffer.contents.length)
        except ServingError:
            library.TF_DeleteGraph(self._graph)
            raise
        finally:
            library.TF_DeleteSessionOptions(options)
            library.TF_DeleteBuffer(buffer)

    def runner(self, feeds: tuple[str, ...], fetches: tuple[str, ...]) -> Runner:
        """See `Session.runner`."""
        library, session, tensors = self._library, self._session, self._tensors
        n_in, n_out = len(feeds), len(fetches)
        inputs = (capi.Output * n_in)(*map(self._output, feeds))
        outputs = (capi.Output * n_out)(*map(self._output, fetches))
        in_type, out_type = ctypes.c_void_p * n_in, ctypes.c_void_p * n_out
        pace = _Pace()

        def run(arrays: Sequence[Array], timeout_ms: int = 0) -> list[Array]:
            values, results = in_type(), out_type()
            options = own = None
            if timeout_ms > 0:
                options = own = _run_options(library, timeout_in_ms=timeout_ms)
            elif pace.quick:
                options = self._in_caller
            begun = time.perf_counter()
            try:
                for position, array in enumerate(arrays):
                    values[position] = tensors.from_array(array)
                with _Status(library) as status:
                    library.TF_SessionRun(
                        session, options, inputs, values, n_in, outputs, results, n_out,
                        None, 0, None, status.pointer,
                    )  # fmt: skip
                    status.check()
                return [tensors.to_array(result) for result in results]
            finally:
                for tensor in itertools.chain(values, results):
                    if tensor:
                        library.TF_DeleteTensor(tensor)
                if own is not None:
                    library.TF_DeleteBuffer(own)
                pace.add(time.perf_counter() - begun)

        return run

    def _output(self, name: str) -> capi.Output:
        operation, _, index = name.partition(":")
        found = self._library.TF_GraphOperationByName(self._graph, operation.encode())
        position = int(index or 0)
        if not found or position >= self._library.TF_OperationNumOutputs(found):
            raise invalid(f"Tensor {name} was not found in the model's graph")
        return capi.Output(found, position)

    def close(self) -> None:
        """See `Session.close`."""
        session, self._session = self._session, None
        if session:
            with _Status(self._library) as status:
                self._library.TF_CloseSession(session, status.pointer)
                self._library.TF_DeleteSession(session, status.pointer)
            self._library.TF_DeleteGraph(self._graph)
            self._library.TF_DeleteBuffer(self._in_caller)


class _Pace:
    """Whether runs are so quick that handing their operations to other threads costs more.

    Slow runs count at once, quick ones slowly; a graph with branches then keeps its threads.
    """

    __slots__ = ("_seconds",)

    def __init__(self) -> None:
        self._seconds = 1.0

    @property
    def quick(self) -> bool:
        return self._seconds < _QUICK_S

    def add(self, seconds: float) -> None:
        weight = 0.2 if seconds < self._seconds else 0.5
        self._seconds += weight * (seconds - self._seconds)


class _Tensors:
    """Turns arrays into TF_Tensor and back; every tensor made here must be deleted."""

    def __init__(self, library: Any) -> None:
        self._library = library
        # TensorFlow may keep an input after a run, in a variable or a table; the strings' memory
        # lives until it says that it let go.
        self._kept: dict[int, Any] = {}
        self._numbers = itertools.count(1)
        self._release = capi.Deallocator(self._let_go)
        self._release_address = ctypes.cast(self._release, ctypes.c_void_p)

    def from_array(self, array: Array) -> int:
        """A new tensor with the array's values."""
        number = dtypes.of_array(array).number
        shape = (ctypes.c_int64 * array.ndim)(*array.shape)
        if number == dtypes.STRING.number:
            return self._from_strings(array, shape)
        # NumPy's own `ascontiguousarray` would make a vector of a scalar.
        array = array if array.flags.c_contiguous else array.copy()
        library = self._library
        tensor: int = library.TF_AllocateTensor(number, shape, array.ndim, array.nbytes)
        if array.nbytes:
            ctypes.memmove(library.TF_TensorData(tensor), array.ctypes.data, array.nbytes)
        return tensor

    def _from_strings(self, array: Array, shape: Any) -> int:
        library = self._library
        size = array.size * _STRING_BYTES
        memory = ctypes.create_string_buffer(size + _ALIGNMENT)
        address = -(-ctypes.addressof(memory) // _ALIGNMENT) * _ALIGNMENT
        for position, text in enumerate(array.ravel().tolist()):
            cell = address + position * _STRING_BYTES
            library.TF_StringInit(cell)
            library.TF_StringCopy(cell, text, len(text))
        key = next(self._numbers)
        self._kept[key] = memory
        tensor: int = library.TF_NewTensor(
            dtypes.STRING.number, shape, array.ndim, address, size, self._release_address, key
        )
        return tensor

    def _let_go(self, address: int, size: int, key: int) -> None:
        for cell in range(address or 0, (address or 0) + size, _STRING_BYTES):
            self._library.TF_StringDealloc(cell)
        self._kept.pop(key, None)

    def to_array(self, tensor: int | None) -> Array:
        """A copy of the tensor's values."""
        library = self._library
        dtype = dtypes.BY_NUMBER.get(library.TF_TensorType(tensor))
        shape = tuple(library.TF_Dim(tensor, d) for d in range(library.TF_NumDims(tensor)))
        try:
            kind = dtypes.numpy_type(dtype) if dtype else np.dtype("V")
        except TypeError as error:
            raise ServingError(Code.UNIMPLEMENTED, str(error)) from None
        if dtype is None:
            raise ServingError(Code.UNIMPLEMENTED, "the model's output has an unknown type")
        data = library.TF_TensorData(tensor)
        if dtype is dtypes.STRING:
            return self._to_strings(data, shape)
        array = np.empty(shape, kind)
        if array.nbytes:
            ctypes.memmove(array.ctypes.data, data, array.nbytes)
        return array

    def _to_strings(self, data: int, shape: tuple[int, ...]) -> Array:
        library = self._library
        array = np.empty(math.prod(shape), dtype=object)
        for position in range(array.size):
            cell = data + position * _STRING_BYTES
            where = library.TF_StringGetDataPointer(cell)
            array[position] = ctypes.string_at(where, library.TF_StringGetSize(cell))
        return array.reshape(shape)


def _thread_config(threads: int) -> bytes:
    from deepcat.serving.contract.protos import config_pb2

    config = config_pb2.ConfigProto(
        intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads
    )
    return bytes(config.SerializeToString())


def _run_options(library: Any, **options: int) -> Any:
    from deepcat.serving.contract.protos import config_pb2

    data = config_pb2.RunOptions(**options).SerializeToString()
    return library.TF_NewBufferFromString(data, len(data))
