"""LiteRT, which runs TensorFlow Lite's models (``model.tflite``) without TensorFlow."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from threading import BoundedSemaphore
from typing import Any

import numpy as np

from deepcat.serving.contract.bare import missing
from deepcat.serving.contract.dtypes import Array, of_array
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.engine.forms import LITE, version_of_lite
from deepcat.serving.engine.lite_signatures import Tensor, meta_graph, signatures
from deepcat.serving.engine.session import Runner

_LACKING = re.compile(r"unresolved custom op: ([\w.:-]+)|\((Flex\w+)\) failed to prepare")


class LiteEngine:
    """Loads the file ``model.tflite`` of a version's folder.

    Raises:
        DeepcatError: LiteRT is not installed (``serving/missing``).
    """

    name = "lite"

    def __init__(self) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise missing("ai-edge-litert", "lite") from error
        self._interpreter: Any = Interpreter
        self.version = version_of_lite()

    def load(self, path: Path, threads: int = 0) -> LiteSession:
        """Load ``model.tflite`` in `path`."""
        try:
            content = (path / LITE).read_bytes()
        except OSError as error:
            message = f"{LITE} cannot be read: {error.strerror}"
            raise ServingError(Code.NOT_FOUND, message) from error
        if content[4:8] != b"TFL3":
            raise invalid(f"{LITE} does not begin as a TensorFlow Lite file")
        return LiteSession(
            lambda: self._interpreter(model_content=content, num_threads=threads or None)
        )

    def load_library(self, path: Path) -> None:
        """Refuse: custom operations of TensorFlow are none of LiteRT's."""
        raise ServingError(Code.UNIMPLEMENTED, f"LiteRT takes no library of TensorFlow's: {path}")


class LiteSession:
    """Interpreters of one file, as many as processors: one computes one request at a time.

    Args:
        make: an interpreter.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._idle: LifoQueue[Any] = LifoQueue()
        self._free = BoundedSemaphore(os.cpu_count() or 1)
        with self._interpreter(_not_loaded) as first:
            first.allocate_tensors()
            self._signatures = signatures(first)
        self.meta_graph: bytes = meta_graph(self._signatures)

    @contextmanager
    def _interpreter(self, translate: Callable[[Exception], ServingError]) -> Iterator[Any]:
        """One that nobody else uses meanwhile; one that failed is not used again."""
        with self._free:
            try:
                try:
                    found = self._idle.get_nowait()
                except Empty:
                    found = self._make()
                yield found
            except (ValueError, RuntimeError, MemoryError) as error:
                raise translate(error) from error
            self._idle.put(found)

    def runner(self, feeds: tuple[str, ...], fetches: tuple[str, ...]) -> Runner:
        """See `Session.runner`."""
        for signature in self._signatures:
            inputs = {each.name: each for each in signature.inputs}
            outputs = {each.name: each.alias for each in signature.outputs}
            if inputs.keys() == set(feeds) and outputs.keys() >= set(fetches):
                break
        else:
            raise invalid("a TensorFlow Lite model is asked by one whole signature at a time")
        wanted = [inputs[name] for name in feeds]
        given = [outputs[name] for name in fetches]

        def run(arrays: Sequence[Array], _timeout_ms: int = 0) -> list[Array]:
            for tensor, array in zip(wanted, arrays, strict=True):
                _check(tensor, array)
            with self._interpreter(_not_run) as interpreter:
                interpreter.reset_all_variables()
                asked = dict(zip((each.alias for each in wanted), arrays, strict=True))
                if signature.key:
                    found = interpreter.get_signature_runner(signature.key)(**asked)
                else:
                    found = _invoked(interpreter, wanted, arrays)
                return [np.asarray(found[alias]) for alias in given]

        return run

    def fill(self, variables: Mapping[str, str]) -> None:
        """See `Session.fill`; a file of TensorFlow Lite restores nothing."""

    def close(self) -> None:
        """See `Session.close`."""
        self._idle = LifoQueue()


def _invoked(
    interpreter: Any, wanted: Sequence[Tensor], arrays: Sequence[Array]
) -> dict[str, Array]:
    """The answer of a file without signatures, by the names of `lite_signatures`."""
    for tensor, array in zip(wanted, arrays, strict=True):
        interpreter.resize_tensor_input(tensor.index, array.shape)
    interpreter.allocate_tensors()
    for tensor, array in zip(wanted, arrays, strict=True):
        interpreter.set_tensor(tensor.index, array)
    interpreter.invoke()
    (only,) = signatures(interpreter)
    return {each.alias: interpreter.get_tensor(each.index) for each in only.outputs}


def _check(tensor: Tensor, array: Array) -> None:
    given = of_array(array)
    if given.number != tensor.dtype.number:
        raise invalid(f"{tensor.alias} is {tensor.dtype.name} but {given.name} is provided")


def _not_loaded(error: Exception) -> ServingError:
    if found := _LACKING.search(str(error)):
        name = found[1] or found[2]
        return ServingError(Code.UNIMPLEMENTED, f"LiteRT has no operation {name}")
    return invalid(f"{LITE} cannot be loaded: {error}")


def _not_run(error: Exception) -> ServingError:
    if isinstance(error, MemoryError):
        return ServingError(Code.RESOURCE_EXHAUSTED, "there is no memory for such a request")
    return invalid(f"LiteRT: {error}")
