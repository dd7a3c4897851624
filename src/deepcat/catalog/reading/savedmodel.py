"""What a SavedModel takes and gives, read from `saved_model.pb` without TensorFlow.

Protocol buffers are read as their encoding is published: each field is a number, a wire type and a
value. Of the fields, those are followed that lead to the signatures:

    SavedModel.meta_graphs 2 -> MetaGraphDef.meta_info_def 1 (tags 4), .signature_def 5
    SignatureDef.inputs 1, .outputs 2, .method_name 3
    TensorInfo.dtype 2, .tensor_shape 3 -> TensorShapeProto.dim 2 (size 1), .unknown_rank 3

Every map is a list of entries with key 1 and value 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

Fields: TypeAlias = list[tuple[int, int | bytes]]

_DTYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string",
    9: "int64", 10: "bool", 14: "bfloat16", 17: "uint16", 19: "float16", 22: "uint32", 23: "uint64",
}  # fmt: skip
_METHODS = {f"tensorflow/serving/{name}": name for name in ("predict", "classify", "regress")}
_INTERNAL = "__saved_model_init_op"
_SERVE = b"serve"
_VARINT, _I64, _LEN, _I32 = 0, 1, 2, 5


def signatures(content: bytes) -> dict[str, Any]:
    """The signatures of a SavedModel's graph for serving, in the form of `module.yaml`.

    Signatures that serving cannot answer, or whose tensors have types without a name there, are
    left out.

    Args:
        content: of `saved_model.pb`.

    Raises:
        ValueError: it is no SavedModel.
    """
    graphs = [_fields(value) for value in _messages(_fields(content), 2)]
    if not graphs:
        raise ValueError("it holds no graph")
    graph = next((graph for graph in graphs if _is_served(graph)), graphs[0])
    found = {}
    for name, value in _map(graph, 5):
        signature = _signature(_fields(value))
        if signature and name != _INTERNAL:
            found[name] = signature
    return dict(sorted(found.items()))


def _is_served(graph: Fields) -> bool:
    return any((4, _SERVE) in _fields(facts) for facts in _messages(graph, 1))


def _signature(fields: Fields) -> dict[str, Any] | None:
    written = list(_messages(fields, 3))
    method = _METHODS.get(_text(written[-1]) if written else "")
    tensors = {
        part: {name: _tensor(_fields(value)) for name, value in sorted(_map(fields, number))}
        for part, number in (("inputs", 1), ("outputs", 2))
    }
    if method is None or any(None in part.values() for part in tensors.values()):
        return None
    return {"method": method, **tensors}


def _tensor(fields: Fields) -> dict[str, Any] | None:
    dtype, shape = "", None
    for number, value in fields:
        if number == 2 and type(value) is int:
            dtype = _DTYPES.get(value, "")
        elif number == 3 and type(value) is bytes:
            shape = _shape(_fields(value))
    return {"dtype": dtype, "shape": shape} if dtype and shape is not None else None


def _shape(fields: Fields) -> list[int] | None:
    """The sizes; None when even their number is unknown."""
    if any(number == 3 and value for number, value in fields):
        return None
    sizes = []
    for dimension in _messages(fields, 2):
        size = next((v for n, v in _fields(dimension) if n == 1 and type(v) is int), 0)
        sizes.append(max(size if size < 2**63 else size - 2**64, -1))
    return sizes


def _messages(fields: Fields, wanted: int) -> Iterator[bytes]:
    return (value for number, value in fields if number == wanted and type(value) is bytes)


def _map(fields: Fields, wanted: int) -> Iterator[tuple[str, bytes]]:
    for entry in _messages(fields, wanted):
        parts: dict[int, Any] = dict(_fields(entry))
        value = parts.get(2, b"")
        yield _text(parts.get(1)), value if type(value) is bytes else b""


def _text(value: Any) -> str:
    return value.decode(errors="replace") if type(value) is bytes else ""


def _fields(content: bytes) -> list[tuple[int, int | bytes]]:
    """Every field's number and value. Nearly all are one byte long, which is tried first."""
    found: list[tuple[int, int | bytes]] = []
    position, end = 0, len(content)
    while position < end:
        key = content[position]
        position += 1
        if key >= 0x80:
            key, position = _varint(content, position - 1)
        kind = key & 7
        if kind in {_VARINT, _LEN}:
            size = content[position] if position < end else 0x80
            position += 1
            if size >= 0x80:
                size, position = _varint(content, position - 1)
            if kind == _VARINT:
                found.append((key >> 3, size))
                continue
        elif kind in {_I64, _I32}:
            size = 8 if kind == _I64 else 4
        else:
            raise ValueError(f"a field has the unknown wire type {kind}")
        if position + size > end:
            raise ValueError("it ends too early")
        found.append((key >> 3, content[position : position + size]))
        position += size
    return found


def _varint(content: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(content):
            raise ValueError("it ends too early")
        byte = content[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError("a number is longer than ten bytes")
