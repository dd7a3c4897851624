"""Protocol buffers as they are encoded: each field is a number, a wire type and a value. Pure.

No message type is known here; every map is a list of entries with key 1 and value 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

Fields: TypeAlias = list[tuple[int, int | bytes]]

_VARINT, _I64, _LEN, _I32 = 0, 1, 2, 5


def messages(parts: Fields, wanted: int) -> Iterator[bytes]:
    """The values of a field that holds messages or texts, in order."""
    return (value for number, value in parts if number == wanted and type(value) is bytes)


def pairs(parts: Fields, wanted: int) -> Iterator[tuple[str, bytes]]:
    """The entries of a map from texts to messages."""
    for entry in messages(parts, wanted):
        found: dict[int, Any] = dict(fields(entry))
        value = found.get(2, b"")
        yield text(found.get(1)), value if type(value) is bytes else b""


def text(value: Any) -> str:
    """A text field; empty for what is none."""
    return value.decode(errors="replace") if type(value) is bytes else ""


def fields(content: bytes) -> Fields:
    """Every field's number and value.

    Raises:
        ValueError: it is no message.
    """
    found: Fields = []
    position, end = 0, len(content)
    while position < end:
        key = content[position]  # nearly all are one byte long
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
