"""One loaded version of a model, and what may be asked of it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepcat.serving.contract import dtypes
from deepcat.serving.contract.decode import Inputs
from deepcat.serving.contract.dtypes import Array, DType
from deepcat.serving.contract.protos import meta_graph_pb2
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.engine.restored import never_restored
from deepcat.serving.engine.session import Runner, Session
from deepcat.serving.models.batching import Batching, BatchRunner

DEFAULT_SIGNATURE = "serving_default"
CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"
PREDICT = "tensorflow/serving/predict"
_INIT = "__saved_model_init_op"


class Servable:
    """A session with its signatures; it closes when it is retired and its last user has left.

    Raises:
        ServingError: the model could not answer, since it leaves a variable without a value.
    """

    def __init__(
        self, model: str, version: int, session: Session, batching: Batching | None = None
    ) -> None:
        self.model = model
        self.version = version
        self._session = session
        self._batching = batching
        meta_graph = meta_graph_pb2.MetaGraphDef.FromString(session.meta_graph)
        if lost := never_restored(meta_graph):
            session.close()
            raise ServingError(
                Code.FAILED_PRECONDITION,
                f"The SavedModel restores no value for the variable {lost[0]}: a Keras model "
                "inside a tf.Module is written so. Save it with the Keras model's own `export`",
            )
        self.signatures: dict[str, Any] = {
            name: signature for name, signature in meta_graph.signature_def.items() if name != _INIT
        }
        self._inputs: dict[str, Inputs] = {}
        self._runners: dict[tuple[tuple[str, ...], tuple[str, ...]], Runner] = {}
        self._lock = threading.Lock()
        self._users = 0
        self._retired = False
        self._closed = threading.Event()

    def enter(self) -> bool:
        """Begin to use it; False when it was retired meanwhile."""
        with self._lock:
            if self._retired:
                return False
            self._users += 1
            return True

    def leave(self) -> None:
        """End to use it."""
        with self._lock:
            self._users -= 1
            last = self._retired and self._users == 0
        if last:
            self._close()

    def retire(self) -> None:
        """Take no more users, and close once the last has left."""
        with self._lock:
            idle = not self._retired and self._users == 0
            self._retired = True
        if idle:
            self._close()

    def wait_closed(self, timeout_s: float) -> bool:
        """Wait until it is closed; False when the time was up first."""
        return self._closed.wait(timeout_s)

    def _close(self) -> None:
        self._runners.clear()
        self._session.close()
        self._closed.set()

    def signature(self, name: str) -> Any:
        """The SignatureDef of this name; the empty name means `serving_default`.

        Raises:
            KeyError: there is none.
        """
        return self.signatures[name or DEFAULT_SIGNATURE]

    def input_types(self, name: str) -> Inputs:
        """The inputs of a signature, by alias, sorted; for REST requests.

        Raises:
            ServingError: there is no such signature.
        """
        name = name or DEFAULT_SIGNATURE
        known = self._inputs.get(name)
        if known is None:
            if name not in self.signatures:
                raise invalid(f'Serving signature name: "{name}" not found in signature def')
            found = self.signatures[name].inputs
            known = {alias: _dtype(found[alias], alias) for alias in sorted(found)}
            self._inputs[name] = known
        return known

    def run(
        self, feeds: Mapping[str, Array], fetches: Sequence[str], timeout_ms: int = 0
    ) -> list[Array]:
        """Run the graph; tensors by their names in the graph.

        Raises:
            ServingError: from TensorFlow.
        """
        return self.runner(tuple(feeds), tuple(fetches))(list(feeds.values()), timeout_ms)

    def runner(self, feeds: tuple[str, ...], fetches: tuple[str, ...]) -> Runner:
        """The function that runs the graph with these tensors, made once."""
        key = (feeds, fetches)
        found = self._runners.get(key)
        if found is None:
            if len(set(fetches)) == len(fetches):
                found = self._session.runner(feeds, fetches)
            else:
                found = _repeating(self._session, feeds, fetches)
            if self._batching is not None:
                found = BatchRunner(found, self._batching)
            # Two threads may come here at once; both must batch in the same runner.
            found = self._runners.setdefault(key, found)
        return found


def _repeating(session: Session, feeds: tuple[str, ...], fetches: tuple[str, ...]) -> Runner:
    once = tuple(dict.fromkeys(fetches))
    run = session.runner(feeds, once)

    def repeat(arrays: Sequence[Array], timeout_ms: int) -> list[Array]:
        results = dict(zip(once, run(arrays, timeout_ms), strict=True))
        return [results[name] for name in fetches]

    return repeat


def _dtype(info: Any, alias: str) -> DType:
    # A reference to a variable has its value's number and a hundred more.
    found = dtypes.BY_NUMBER.get(info.dtype % 100)
    if found is None:
        raise ServingError(Code.UNIMPLEMENTED, f"{alias} has a type that JSON cannot carry")
    return found


def tensor_name(info: Any, alias: str) -> str:
    """The graph's name of a signature's tensor.

    Raises:
        ServingError: it is a composite (sparse or ragged) tensor.
    """
    if not info.name:
        raise ServingError(Code.UNIMPLEMENTED, f"{alias} is not a dense tensor")
    return str(info.name)


def strings(values: Sequence[bytes]) -> Array:
    """A vector of strings."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
