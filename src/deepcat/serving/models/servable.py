"""One loaded version of a model, and what may be asked of it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from deepcat.serving.contract import dtypes
from deepcat.serving.contract.decode import Inputs
from deepcat.serving.contract.dtypes import Array, DType
from deepcat.serving.contract.protos import meta_graph_pb2
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.engine.bounded import bounded
from deepcat.serving.engine.restored import INIT, never_restored
from deepcat.serving.engine.session import Runner, Session
from deepcat.serving.models.batching import Batcher, BatchRunner

DEFAULT_SIGNATURE = "serving_default"
CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"
PREDICT = "tensorflow/serving/predict"
_SMALL = 8192


class Observer(Protocol):
    """Who is told what a servable does."""

    def ran(self, model: str, api: str, seconds: float, examples: int) -> None:
        """One run of the graph, and the examples that it was for."""


class Servable:
    """A session with its signatures; it closes when it is retired and its last user has left.

    Raises:
        ServingError: a variable that the model does not restore cannot be given its value.
    """

    def __init__(
        self, model: str, version: int, session: Session, batcher: Batcher | None = None
    ) -> None:
        self.model = model
        self.version = version
        self.observer: Observer | None = None
        # Seconds that its own requests took before anyone else's.
        self.warmed_s = 0.0
        self._session = session
        self._batcher = batcher
        meta_graph = meta_graph_pb2.MetaGraphDef.FromString(session.meta_graph)
        if lacking := never_restored(meta_graph):
            _fill(session, lacking)
        self.signatures: dict[str, Any] = {
            name: signature for name, signature in meta_graph.signature_def.items() if name != INIT
        }
        self._default = _all_of(self.signatures.get(DEFAULT_SIGNATURE))
        self._others = [n.encode() for n in self.signatures if n != DEFAULT_SIGNATURE]
        self._bounded = bounded(meta_graph, self._default[1])
        self._inputs: dict[str, Inputs] = {}
        # Of each signature that was asked for, by the name that was asked for.
        self.plans: dict[str, Any] = {}
        self._runners: dict[tuple[tuple[str, ...], tuple[str, ...]], Runner] = {}
        # Those of each signature, and as many for what clients choose of their outputs.
        self._most_runners = 64 + len(self.signatures)
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

    def __enter__(self) -> Servable:
        """Use it, once it is entered; it is left at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        """End to use it."""
        with self._lock:
            self._users -= 1
            last = self._retired and self._users == 0
        if last:
            # TensorFlow takes its time, and the last user may be the event loop.
            threading.Thread(target=self._close, name="close", daemon=True).start()

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
        self.plans.clear()
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

    def prompt(self, request: bytes) -> bool:
        """Whether the answer to a request comes so soon that others may wait for it.

        That is known of the default signature, when it is bounded by the size of its inputs, so
        that no value makes it slow.
        """
        if not self._bounded or len(request) > _SMALL:
            return False
        for name in self._others:
            if name in request:
                return False
        return getattr(self._runners.get(self._default), "quick", False)

    def runner(self, feeds: tuple[str, ...], fetches: tuple[str, ...]) -> Runner:
        """The function that runs the graph with these tensors, made once."""
        # Clients choose what is fetched and in which order, and may not make ever more runners.
        once = tuple(sorted(set(fetches)))
        found = self._known(feeds, once)
        return found if once == fetches else _ordered(found, once, fetches)

    def _known(self, feeds: tuple[str, ...], fetches: tuple[str, ...]) -> Runner:
        key = (feeds, fetches)
        found = self._runners.get(key)
        if found is None:
            found = self._session.runner(feeds, fetches)
            if self._batcher is not None and self._is_signature(feeds, fetches):
                found = BatchRunner(found, self._batcher.how, self._batcher)
            with self._lock:
                # Two threads may come here at once; both must batch in the same runner.
                found = self._runners.setdefault(key, found)
                if len(self._runners) > self._most_runners:
                    self._forget(key)
        return found

    def _forget(self, new: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
        """Let go of the oldest runner but the default signature's; who runs it, holds it."""
        spared = (self._default, new)
        self._runners.pop(next(key for key in self._runners if key not in spared))

    def _is_signature(self, feeds: Sequence[str], fetches: Sequence[str]) -> bool:
        """Whether a signature has just these tensors; others are not batched."""
        return any(
            {info.name for info in signature.inputs.values()} == set(feeds)
            and {info.name for info in signature.outputs.values()} == set(fetches)
            for signature in self.signatures.values()
        )


def _all_of(signature: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The graph's names of all inputs and outputs of a signature, as its runner has them."""
    if signature is None:
        return (), ()
    inputs, outputs = signature.inputs, signature.outputs
    return (
        tuple(inputs[alias].name for alias in sorted(inputs)),
        tuple(sorted({info.name for info in outputs.values()})),
    )


def _fill(session: Session, lacking: Mapping[str, str]) -> None:
    try:
        session.fill(lacking)
    except ServingError:
        session.close()
        raise


def _ordered(run: Runner, once: tuple[str, ...], fetches: tuple[str, ...]) -> Runner:
    def ordered(arrays: Sequence[Array], timeout_ms: int) -> list[Array]:
        results = dict(zip(once, run(arrays, timeout_ms), strict=True))
        return [results[name] for name in fetches]

    return ordered


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
