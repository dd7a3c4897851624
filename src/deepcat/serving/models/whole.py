"""Whether a SavedModel's files are all there; pure.

What a model needs is written in it: its graph names its assets, and the index of its variables
says of each tensor in which shard it lies, and where. So a copy under way is told from a whole one
by the files alone, whatever their times say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from deepcat.serving.contract.layout import GRAPH, INDEX, LITE, TEXT_GRAPH
from deepcat.serving.contract.protos import saved_model_pb2, tensor_bundle_pb2

_MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
_FOOTER, _TRAILER, _PLAIN = 48, 5, 0
_VARIABLES = ("VarHandleOp", "Variable", "VariableV2", "AutoReloadVariable")


class DamagedError(Exception):
    """An index that is cut short, or none."""


@dataclass(frozen=True, slots=True)
class Lack:
    """A file that is not there, or not whole.

    Attributes:
        path: in the model's folder.
        message: what is lacking, in words.
    """

    path: str
    message: str


def lacks(sizes: Mapping[str, int], graph: bytes | None, index: bytes | None) -> Iterator[Lack]:
    """What a model is known to lack.

    Args:
        sizes: the files by their path in its folder, with their sizes.
        graph: content of `GRAPH`; None when there is none.
        index: content of `INDEX`; None when there is none, or it is too large to be read.
    """
    if graph is None:
        if TEXT_GRAPH not in sizes and LITE not in sizes:
            yield Lack(GRAPH, f"{GRAPH} is lacking")
        return
    try:
        meta_graphs = saved_model_pb2.SavedModel.FromString(graph).meta_graphs
    except DecodeError:
        yield Lack(GRAPH, f"{GRAPH} is cut short, or none")
        return
    if not meta_graphs:
        yield Lack(GRAPH, f"{GRAPH} is cut short: it has no graph")
        return
    assets = (asset.filename for each in meta_graphs for asset in each.asset_file_def)
    for path in dict.fromkeys(f"assets/{name}" for name in assets):
        if path not in sizes:
            yield Lack(path, f"assets are lacking: {path}")
    yield from _variables(sizes, index, any(map(_restores, meta_graphs)))


def _variables(sizes: Mapping[str, int], index: bytes | None, needed: bool) -> Iterator[Lack]:
    if INDEX not in sizes:
        shards = any(path.startswith("variables/variables.data-") for path in sizes)
        if needed or shards:
            yield Lack(INDEX, f"variables are lacking: {INDEX}")
        return
    if index is None:
        return
    try:
        least = shards_of(index)
    except DamagedError:
        yield Lack(INDEX, f"variables are lacking: {INDEX} is cut short")
        return
    for shard, size in least.items():
        path = f"variables/{shard}"
        there = sizes.get(path)
        if there is None:
            yield Lack(path, f"variables are lacking: {path}")
        elif there < size:
            yield Lack(path, f"variables are lacking: {path} has {there} of {size} bytes")


def _restores(meta_graph: Any) -> bool:
    """Whether a graph has variables that are restored."""
    restore = meta_graph.saver_def.restore_op_name
    if not restore:
        return False
    operations = {node.name: node.op for node in meta_graph.graph_def.node}
    return restore in operations and any(op in _VARIABLES for op in operations.values())


def shards_of(index: bytes) -> dict[str, int]:
    """The shards that an index names, and how many bytes each has at least.

    Raises:
        DamagedError: it cannot be read.
    """
    if len(index) < _FOOTER or index[-8:] != _MAGIC:
        raise DamagedError
    least: dict[int, int] = {}
    shards = 1
    try:
        _, at = _handle(index, len(index) - _FOOTER)
        (begin, size), _ = _handle(index, at)
        for _, where in _entries(index, begin, size):
            (start, length), _ = _handle(where, 0)
            for key, value in _entries(index, start, length):
                if not key:
                    shards = tensor_bundle_pb2.BundleHeaderProto.FromString(value).num_shards
                    continue
                entry = tensor_bundle_pb2.BundleEntryProto.FromString(value)
                end = entry.offset + entry.size
                least[entry.shard_id] = max(end, least.get(entry.shard_id, 0))
    except (IndexError, DecodeError) as error:
        raise DamagedError from error
    return {
        f"variables.data-{number:05d}-of-{shards:05d}": size
        for number, size in sorted(least.items())
    }


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Offset and size of a block, and where the next thing begins."""
    offset, at = _varint(data, at)
    size, at = _varint(data, at)
    return (offset, size), at


def _entries(data: bytes, begin: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of a block of the table."""
    if begin + size + _TRAILER > len(data) or size < 4:
        raise DamagedError
    if data[begin + size] != _PLAIN:
        return
    restarts = int.from_bytes(data[begin + size - 4 : begin + size], "little")
    at, end, key = begin, begin + size - 4 * (restarts + 1), b""
    while at < end:
        shared, at = _varint(data, at)
        rest, at = _varint(data, at)
        length, at = _varint(data, at)
        key = key[:shared] + data[at : at + rest]
        at += rest
        yield key, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
