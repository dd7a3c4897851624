"""TensorFlow through its own Python code, for builds that lack the C library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.engine.session import Runner


class PythonEngine:
    """Loads SavedModels by `tf.compat.v1.saved_model.load`."""

    name = "python"

    def __init__(self) -> None:
        import tensorflow

        self._tensorflow: Any = tensorflow
        self.version = str(tensorflow.__version__)

    def load_library(self, path: Path) -> None:
        """See `Engine.load_library`."""
        try:
            self._tensorflow.load_op_library(str(path))
        except Exception as error:
            raise _translate(self._tensorflow, error) from error

    def load(self, path: Path, threads: int = 0) -> GraphSession:
        """Load the SavedModel in `path`."""
        return GraphSession(self._tensorflow, path, threads)


class GraphSession:
    """A `tf.compat.v1.Session`."""

    def __init__(self, tensorflow: Any, path: Path, threads: int) -> None:
        self._tensorflow = tensorflow
        v1 = tensorflow.compat.v1
        config = v1.ConfigProto(
            intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads
        )
        self._session = v1.Session(graph=tensorflow.Graph(), config=config)
        try:
            with self._session.graph.as_default():
                found = v1.saved_model.load(self._session, ["serve"], str(path))
        except Exception as error:
            self._session.close()
            raise _translate(tensorflow, error) from error
        self.meta_graph = bytes(found.SerializeToString())

    def runner(self, feeds: tuple[str, ...], fetches: tuple[str, ...]) -> Runner:
        """See `Session.runner`."""
        graph, session, tensorflow = self._session.graph, self._session, self._tensorflow
        try:
            inputs = [graph.get_tensor_by_name(name) for name in feeds]
            outputs = [graph.get_tensor_by_name(name) for name in fetches]
        except (KeyError, ValueError) as error:
            raise invalid(str(error)) from error

        def run(arrays: Sequence[Array], timeout_ms: int = 0) -> list[Array]:
            for index, (wanted, array) in enumerate(zip(inputs, arrays, strict=True)):
                _same_type(tensorflow, wanted, array, index)
            options = tensorflow.compat.v1.RunOptions(timeout_in_ms=timeout_ms)
            try:
                results = session.run(
                    outputs, dict(zip(inputs, arrays, strict=True)), options=options
                )
            except Exception as error:
                raise _translate(tensorflow, error) from error
            return [_array(result) for result in results]

        return run

    def fill(self, variables: Mapping[str, str]) -> None:
        """See `Session.fill`."""
        graph, raw = self._session.graph, self._tensorflow.raw_ops
        try:
            with graph.as_default():
                copies = []
                for name, source in variables.items():
                    kind = graph.get_operation_by_name(source).get_attr("dtype")
                    handle = graph.get_tensor_by_name(f"{source}:0")
                    value = raw.ReadVariableOp(resource=handle, dtype=kind)
                    lacking = graph.get_tensor_by_name(f"{name}:0")
                    copies.append(raw.AssignVariableOp(resource=lacking, value=value))
            self._session.run(copies)
        except Exception as error:
            raise _translate(self._tensorflow, error) from error

    def close(self) -> None:
        """See `Session.close`."""
        self._session.close()


def _same_type(tensorflow: Any, wanted: Any, array: Array, index: int) -> None:
    # Session.run would cast in silence; TensorFlow Serving refuses.
    given = tensorflow.as_dtype(array.dtype)
    if wanted.dtype.base_dtype != given:
        raise invalid(
            f"Expects arg[{index}] to be {wanted.dtype.name} but {given.name} is provided"
        )


def _array(result: Any) -> Array:
    if isinstance(result, bytes):
        boxed = np.empty((), dtype=object)
        boxed[()] = result
        return boxed
    return np.asarray(result)


def _translate(tensorflow: Any, error: Exception) -> ServingError:
    if isinstance(error, tensorflow.errors.OpError):
        return ServingError(Code(error.error_code), str(error.message))
    code = Code.NOT_FOUND if isinstance(error, OSError) else Code.INVALID_ARGUMENT
    return ServingError(code, str(error))
