"""Files of TensorFlow Lite, small and written here: what they hold, take and give, and no more."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

# By their numbers in TensorFlow Lite's schema.
_KINDS = {"float32": 0, "int32": 2, "string": 5, "complex64": 8, "resource": 13, "bfloat16": 18}
Ends = Mapping[str, tuple[str, Sequence[int]]]


def lite_file(
    signatures: Mapping[str, Mapping[str, Ends]],
    operations: Sequence[tuple[int, str]] = ((0, ""),),
    *,
    bare: bool = False,
) -> bytes:
    """A file with these signatures, each of a graph of its own.

    Args:
        signatures: name -> {"inputs", "outputs"}, each alias -> (type, shape).
        operations: the number and the name of each; the name of those that are its own is empty.
        bare: leave the signatures out, so that its first graph stands for them.
    """
    graphs, known = [], []
    for number, (name, ends) in enumerate(signatures.items()):
        every = [*ends["inputs"].items(), *ends["outputs"].items()]
        tensors = [
            {0: [abs(size) for size in shape], 1: _byte(_KINDS[kind]), 3: f"{alias}:0", 7: shape}
            for alias, (kind, shape) in every
        ]
        inputs = range(len(ends["inputs"]))
        outputs = range(len(inputs), len(every))
        graphs.append({0: tensors, 1: list(inputs), 2: list(outputs)})
        named = [{0: alias, 1: _uint(index)} for index, (alias, _) in enumerate(every)]
        parts = {0: named[: len(inputs)], 1: named[len(inputs) :]}
        known.append({**parts, 2: name, 4: _uint(number)})
    codes = [
        {0: _byte(min(code, 127)), **({1: name} if name else {}), 3: _uint(code)}
        for code, name in operations
    ]
    model = {1: codes, 2: graphs, **({} if bare else {7: known})}
    made = bytearray(b"\0\0\0\0TFL3")
    _point(made, 0, model)
    return bytes(made)


def doubling() -> bytes:
    """A file that LiteRT runs: `y` is `x`, added to itself."""
    tensors = [{0: [1], 1: _byte(0), 3: f"{name}:0", 7: [-1]} for name in "xy"]
    graph = {0: tensors, 1: [0], 2: [1], 3: [{1: [0, 0], 2: [1]}]}
    named = [[{0: name, 1: _uint(index)}] for index, name in enumerate("xy")]
    signature = {0: named[0], 1: named[1], 2: "serving_default", 4: _uint(0)}
    addition = {0: _byte(0), 3: _uint(0)}
    made = bytearray(b"\0\0\0\0TFL3")
    _point(made, 0, {0: _uint(3), 1: [addition], 2: [graph], 4: [{0: []}], 7: [signature]})
    return bytes(made)


def _byte(value: int) -> bytes:
    return struct.pack("<Bxxx", value)


def _uint(value: int) -> bytes:
    return struct.pack("<I", value)


def _point(made: bytearray, place: int, what: Any) -> None:
    """Write something at the end, and at a place where it lies."""
    made += bytes(-len(made) % 4)
    at = _table(made, what) if isinstance(what, dict) else _list(made, what)
    struct.pack_into("<I", made, place, at - place)


def _table(made: bytearray, fields: Mapping[int, Any]) -> int:
    size = 4 + 2 * (max(fields) + 1)
    places = {number: 4 * order for order, number in enumerate(fields, 1)}
    entries = [places.get(number, 0) for number in range(max(fields) + 1)]
    start = len(made)
    made += struct.pack(f"<{len(entries) + 2}H", size, 4 * len(fields) + 4, *entries)
    made += bytes(-len(made) % 4)
    at = len(made)
    made += struct.pack("<i", at - start) + bytes(4 * len(fields))
    for number, value in fields.items():
        place = at + places[number]
        if isinstance(value, bytes):
            made[place : place + 4] = value
        else:
            _point(made, place, value)
    return at


def _list(made: bytearray, what: Any) -> int:
    at = len(made)
    if isinstance(what, str):
        made += _uint(len(what.encode())) + what.encode() + b"\0"
        return at
    if what and isinstance(what[0], dict):
        made += _uint(len(what)) + bytes(4 * len(what))
        for order, each in enumerate(what, 1):
            _point(made, at + 4 * order, each)
    else:
        made += struct.pack(f"<I{len(what)}i", len(what), *what)
    return at
