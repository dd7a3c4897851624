"""The files that a SavedModel needs beside its graph, told by the graph and their names. Pure.

Of the graph's fields, those are followed that name files or restore variables:

    SavedModel.meta_graphs 2 -> MetaGraphDef.graph_def 2, .saver_def 3, .asset_file_def 6
    GraphDef.node 1 -> NodeDef.name 1, .op 2
    SaverDef.restore_op_name 3, AssetFileDef.filename 2
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

from deepcat.catalog.reading.wire import Fields, fields, messages, text

_INDEX = "variables/variables.index"
_SHARD = re.compile(r"variables/variables\.data-[0-9]{5}-of-([0-9]{5})\Z")
_VARIABLES = {b"VarHandleOp", b"Variable", b"VariableV2", b"AutoReloadVariable"}


def lacking(graph: bytes, beside: Collection[str]) -> Iterator[str]:
    """The paths of files that are needed, and not there.

    Args:
        graph: content of `saved_model.pb`.
        beside: the files of its folder, by their paths in it.

    Raises:
        ValueError: it is no SavedModel.
    """
    metas = [fields(value) for value in messages(fields(graph), 2)]
    assets = [fields(asset) for meta in metas for asset in messages(meta, 6)]
    named = dict.fromkeys(f"assets/{text(_last(asset, 2))}" for asset in assets)
    yield from (path for path in named if path not in beside)
    # Sets of shards: how many there are, of so many that there should be.
    sets = Counter(found[1] for found in map(_SHARD.match, beside) if found)
    if _INDEX not in beside and (sets or any(map(_restores, metas))):
        yield _INDEX
    elif sets:
        yield from _shards(min(sets, key=lambda due: int(due) - sets[due]), beside)
    elif _INDEX in beside and any(map(_restores, metas)):
        yield from _shards("00001", beside)


def _shards(due: str, beside: Collection[str]) -> Iterator[str]:
    paths = (f"variables/variables.data-{number:05}-of-{due}" for number in range(int(due)))
    return (path for path in paths if path not in beside)


def _restores(meta: Fields) -> bool:
    """Whether a graph has variables, and an operation that restores them."""
    savers = [fields(value) for value in messages(meta, 3)]
    restore = _last([part for saver in savers for part in saver], 3)
    nodes = [node for graph in messages(meta, 2) for node in messages(fields(graph), 1)]
    found = {_last(parts, 1): _last(parts, 2) for parts in map(fields, nodes)}
    return restore in found and not _VARIABLES.isdisjoint(found.values())


def _last(parts: Fields, number: int) -> bytes:
    """A text field; of one that is written twice the last counts, as protocol buffers have it."""
    return next(reversed([*messages(parts, number)]), b"")
