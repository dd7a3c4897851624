"""Make a model's rewritten graph, and see that it answers as the model does, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from deepcat.serving.contract import dtypes
from deepcat.serving.contract.decode import predict_body
from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.protos import meta_graph_pb2
from deepcat.serving.contract.status import ServingError
from deepcat.serving.engine.keeping import load_rewritten, rewrite
from deepcat.serving.engine.native import NativeEngine, NativeSession
from deepcat.serving.engine.rewritten import Asked, UnfitError, signatures
from deepcat.serving.models.servable import Servable

# Rows that are asked for together, and how long what has no length is.
_ROWS = (1, 2, 5)
_LONG = 32
_MOST = 1 << 24


def made(engine: NativeEngine, path: Path, requests: Sequence[bytes] = ()) -> bytes:
    """The rewritten graph of the SavedModel in `path`.

    Args:
        engine: loads it.
        path: of the SavedModel.
        requests: bodies of predictions that it answers, beside those that are made up here.

    Raises:
        UnfitError: it has none, or one that answers otherwise.
        ServingError: it does not load.
    """
    session = NativeSession.of_folder(engine.library, path, 0)
    servable = Servable("model", 1, session)  # which fills the variables
    try:
        meta_graph = meta_graph_pb2.MetaGraphDef.FromString(session.meta_graph)
        asked = signatures(meta_graph)
        given: dict[Asked, list[list[Array]]] = {}
        for name, each in asked.items():
            tried = [*_sent(servable, name, requests), *_made_up(meta_graph.signature_def[name])]
            answered = [arrays for arrays in tried if _answers(session, each, arrays)]
            if not answered:
                raise UnfitError(f"nothing is known that {name} answers")
            given.setdefault(each, []).extend(answered)
        graph = rewrite(session, path, {each: rows[0] for each, rows in given.items()})
        other = load_rewritten(engine.library, graph, path)
        try:
            for each, rows in given.items():
                _compare(session, other, each, rows)
        finally:
            other.close()
    finally:
        servable.retire()
    return graph


def _sent(servable: Servable, name: str, requests: Sequence[bytes]) -> Iterator[list[Array]]:
    types = servable.input_types(name)
    for body in requests:
        with suppress(ServingError):
            tensors = predict_body(body, lambda _: types).tensors
            if tensors.keys() == types.keys():
                yield [tensors[alias] for alias in sorted(tensors)]


def _made_up(signature: Any) -> Iterator[list[Array]]:
    """Inputs of some rows, of numbers alone."""
    source = np.random.default_rng(1)
    infos = [signature.inputs[alias] for alias in sorted(signature.inputs)]
    for rows in _ROWS:
        arrays = [_array(info, rows, source) for info in infos]
        found = [array for array in arrays if array is not None]
        if len(found) == len(infos):
            yield found


def _array(info: Any, rows: int, source: np.random.Generator) -> Array | None:
    dtype = dtypes.BY_NUMBER.get(info.dtype)
    if dtype is None or dtype is dtypes.STRING or info.tensor_shape.unknown_rank:
        return None
    sizes = [dim.size for dim in info.tensor_shape.dim]
    shape = [size if size >= 0 else _LONG if place else rows for place, size in enumerate(sizes)]
    kind = dtypes.numpy_type(dtype)
    if np.prod(shape) > _MOST:
        return None
    if kind.kind in "iub":
        return source.integers(0, 2, shape).astype(kind)
    return source.standard_normal(shape, np.float32).astype(kind)


def _answers(session: NativeSession, asked: Asked, arrays: Sequence[Array]) -> bool:
    try:
        session.runner(asked.feeds, asked.fetches)(arrays, 0)
    except ServingError:
        return False
    return True


def _compare(
    session: NativeSession, other: NativeSession, asked: Asked, rows: Sequence[Sequence[Array]]
) -> None:
    run, again = (each.runner(asked.feeds, asked.fetches) for each in (session, other))
    for arrays in rows:
        for expected, found in zip(run(arrays, 0), again(arrays, 0), strict=True):
            if not _same(expected, found):
                raise UnfitError("its rewritten graph answers otherwise")


def _same(expected: Array, found: Array) -> bool:
    if (expected.dtype, expected.shape) != (found.dtype, found.shape):
        return False
    if expected.dtype == object:
        return bool(expected.tolist() == found.tolist())
    return expected.tobytes() == found.tobytes()
