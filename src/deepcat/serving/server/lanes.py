"""Which model a request is for, told without reading all of it; pure.

It decides in which queue a request waits and nothing else: whoever words a request so that it is
taken for another's only waits in that one's queue.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import unquote

from deepcat.serving.server.admission import NO_MODEL

_FIELDS = 64
_LENGTH_DELIMITED = 2
# What is longer is the name of no model that is served, and is not looked at.
_MOST_NAME = 1024


def in_path(verb: str, path: str, models: Collection[str]) -> str:
    """The model that a POST to ``…/models/NAME…`` is for; `NO_MODEL` where none is served so."""
    if verb != "POST":
        return NO_MODEL
    _, found, rest = path.partition("/models/")
    name = rest.partition("/")[0].partition(":")[0] if found else ""
    name = unquote(name) if "%" in name else name
    return name if name in models else NO_MODEL


def in_message(data: bytes, depth: int, models: Collection[str]) -> str:
    """The model that a serialised message names, in its first field's first field's….

    Args:
        data: the message.
        depth: how many messages lie around the name.
        models: the names of those that are served.
    """
    start, end = 0, len(data)
    for _ in range(depth + 1):
        found = _first(data, start, end)
        if found is None:
            return NO_MODEL
        start, end = found
    if end - start > _MOST_NAME:
        return NO_MODEL
    name = data[start:end].decode("utf-8", "replace")
    return name if name in models else NO_MODEL


def _first(data: bytes, at: int, end: int) -> tuple[int, int] | None:
    """Where the content of field 1 begins and ends."""
    for _ in range(_FIELDS):
        if at >= end:
            return None
        tag, at = _varint(data, at, end)
        kind = tag & 7
        if kind == _LENGTH_DELIMITED:
            size, at = _varint(data, at, end)
            if tag >> 3 == 1:
                return (at, at + size) if at + size <= end else None
            at += size
        elif kind == 0:
            _, at = _varint(data, at, end)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            return None
    return None


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    return value, end
