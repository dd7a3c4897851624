"""FlatBuffers as they are laid out: a table is a signed offset to its list of fields. Pure.

Each entry of that list is a field's distance from the table's beginning, 0 where it is left out.
All functions raise ``struct.error`` or ValueError for what points outside the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_MOST = 10_000
_MOST_NAME = 200


def field(content: bytes, table: int, number: int) -> int:
    """Where a table's field lies; 0 when it is left out."""
    fields = table - struct.unpack_from("<i", content, table)[0]
    if fields < 0:
        raise ValueError("it points outside itself")
    size = struct.unpack_from("<H", content, fields)[0]
    place = 4 + 2 * number
    if place + 2 > size:
        return 0
    distance = struct.unpack_from("<H", content, fields + place)[0]
    return table + distance if distance else 0


def offset(content: bytes, place: int) -> int:
    """Where the table, list or text lies that is pointed to from here."""
    return place + uint(content, place)


def uint(content: bytes, place: int) -> int:
    """A number of four bytes."""
    value: int = struct.unpack_from("<I", content, place)[0]
    return value


def tables(content: bytes, place: int, what: str) -> Iterator[int]:
    """The tables of the list that a field points to; none where the field is left out.

    Args:
        content: the file.
        place: of the field; 0 when it is left out.
        what: they are, for the message that there are too many.
    """
    return (offset(content, each) for each in _elements(content, place, what))


def numbers(content: bytes, place: int, what: str) -> list[int]:
    """The signed numbers of the list that a field points to, as `tables`."""
    every = _elements(content, place, what)
    return [struct.unpack_from("<i", content, each)[0] for each in every]


def _elements(content: bytes, place: int, what: str) -> range:
    if not place:
        return range(0)
    start = offset(content, place)
    count = uint(content, start)
    if count > _MOST:
        raise ValueError(f"it names {count:,} {what}")
    return range(start + 4, start + 4 + 4 * count, 4)


def text(content: bytes, place: int, what: str) -> str:
    """The text that a field points to; empty where the field is left out."""
    if not place:
        return ""
    start = offset(content, place)
    size = uint(content, start)
    if size > _MOST_NAME or start + 4 + size > len(content):
        raise ValueError(f"the name of {what} is longer than any is")
    return content[start + 4 : start + 4 + size].decode()
