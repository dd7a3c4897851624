"""What a TensorFlow Lite file holds and takes, read without TensorFlow. Pure.

Of the fields of its FlatBuffer, those are followed that lead to its operations and signatures:

    Model.operator_codes 1, .subgraphs 2, .signature_defs 7
    OperatorCode.deprecated_builtin_code 0, .custom_code 1, .builtin_code 3
    SubGraph.tensors 0, .inputs 1, .outputs 2
    Tensor.shape 0, .type 1, .name 3, .shape_signature 7
    SignatureDef.inputs 0, .outputs 1, .signature_key 2, .subgraph_index 4
    TensorMap.name 0, .tensor_index 1
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.catalog.reading.flatbuffer import field, numbers, offset, tables, text, uint
from deepcat.catalog.wording import shown

_CUSTOM = 32
_MOST = 10_000
_DEFAULT = "serving_default"
# By TensorFlow Lite's number; those without a name in `module.yaml` are empty.
_DTYPES = (
    "float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "", "int8",
    "float64", "", "uint64", None, None, "uint32", "uint16",
)  # fmt: skip
_NAMED = {13: "RESOURCE", 14: "VARIANT", 17: "INT4", 18: "BFLOAT16"}

# alias -> (its number of a type, its shape).
_Tensors = dict[str, tuple[int, list[int]]]


def custom_operations(content: bytes) -> Iterator[str]:
    """The names of operations that somebody else brings, such as TensorFlow itself (``Flex…``).

    Raises:
        ValueError: it is no TensorFlow Lite file.
    """
    _require(content)
    try:
        yield from _custom(content)
    except (struct.error, UnicodeDecodeError):
        raise ValueError("it ends too early, or points outside itself") from None


def signatures(content: bytes) -> dict[str, Any]:
    """The signatures of a file, in the form of `module.yaml`; of one without any, its first graph.

    Signatures whose tensors have types without a name there are left out.

    Raises:
        ValueError: it is no TensorFlow Lite file.
    """
    found = {}
    for name, ends in _signatures(content).items():
        if all(_dtype(number) for end in ends.values() for number, _ in end.values()):
            parts = {
                part: {
                    alias: {"dtype": _dtype(number), "shape": shape}
                    for alias, (number, shape) in sorted(end.items())
                }
                for part, end in ends.items()
            }
            found[name] = {"method": "predict", **parts}
    return dict(sorted(found.items()))


def unasked(content: bytes) -> dict[str, str]:
    """Why requests cannot ask signatures of a file, by their names.

    Raises:
        ValueError: it is no TensorFlow Lite file.
    """
    found: dict[str, str] = {}
    for name, ends in _signatures(content).items():
        for alias, (number, _) in (pair for end in ends.values() for pair in end.items()):
            if _dtype(number) is None:
                kind = _NAMED.get(number, f"number {number}")
                why = f"{shown(alias)} has the type {kind}, which no request carries"
                found.setdefault(name, why)
    return found


def _require(content: bytes) -> None:
    if content[4:8] != b"TFL3":
        raise ValueError("it does not begin as a TensorFlow Lite file")


def _dtype(number: int) -> str | None:
    """Its name in `module.yaml`; empty where it has none, None where no request carries it."""
    return _DTYPES[number] if number < len(_DTYPES) else None


def _custom(content: bytes) -> Iterator[str]:
    for code in tables(content, field(content, offset(content, 0), 1), "operations"):
        name = text(content, field(content, code, 1), "an operation")
        old, new = field(content, code, 0), field(content, code, 3)
        kinds = (content[old] if old else 0, uint(content, new) if new else 0)
        if name or _CUSTOM in kinds:
            yield name or "CUSTOM"


def _signatures(content: bytes) -> Mapping[str, Mapping[str, _Tensors]]:
    _require(content)
    try:
        return _ends(content)
    except (struct.error, UnicodeDecodeError, IndexError):
        raise ValueError("it ends too early, or points outside itself") from None


def _ends(content: bytes) -> dict[str, dict[str, _Tensors]]:
    model = offset(content, 0)
    graphs = list(tables(content, field(content, model, 2), "graphs"))
    found: dict[str, dict[str, _Tensors]] = {}
    graph_of: dict[int, list[int]] = {}
    left = _MOST
    for each in tables(content, field(content, model, 7), "signatures"):
        key = text(content, field(content, each, 2), "a signature") or _DEFAULT
        at = field(content, each, 4)
        graph = graphs[uint(content, at) if at else 0]
        if graph not in graph_of:
            graph_of[graph] = _tensors(content, graph)
        every = graph_of[graph]
        parts = (("inputs", 0), ("outputs", 1))
        found[key] = {part: _mapped(content, each, number, every) for part, number in parts}
        # Signatures may share what they name, which would be read again for each.
        left -= 1 + sum(map(len, found[key].values()))
        if left < 0:
            raise ValueError(f"its signatures name more than {_MOST:,} tensors")
    if found:
        return found
    every = _tensors(content, graphs[0])
    first = {}
    for part, number in (("inputs", 1), ("outputs", 2)):
        wanted = numbers(content, field(content, graphs[0], number), "tensors")
        first[part] = {_alias(content, every[i]): _told(content, every[i]) for i in wanted}
    return {_DEFAULT: first}


def _tensors(content: bytes, graph: int) -> list[int]:
    return list(tables(content, field(content, graph, 0), "tensors"))


def _mapped(content: bytes, signature: int, number: int, every: list[int]) -> _Tensors:
    found = {}
    for each in tables(content, field(content, signature, number), "tensors"):
        at = field(content, each, 1)
        alias = text(content, field(content, each, 0), "a tensor")
        found[alias] = _told(content, every[uint(content, at) if at else 0])
    return found


def _alias(content: bytes, tensor: int) -> str:
    return text(content, field(content, tensor, 3), "a tensor").removesuffix(":0")


def _told(content: bytes, tensor: int) -> tuple[int, list[int]]:
    at = field(content, tensor, 1)
    shape = field(content, tensor, 7) or field(content, tensor, 0)
    return content[at] if at else 0, numbers(content, shape, "dimensions")
