"""JSON to Python's objects, the elements of a body's longest list in pieces. Pure.

Whoever builds objects keeps the interpreter until all are there. Of a body of many small ones that
is long enough for others to notice; between two pieces they have their turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from deepcat.serving.contract.counting import count

# Lists and objects that are built at once.
_MANY = 4096
_PART = 2**20
_PIECE = 16 * 1024
_KEY = re.compile(rb'"([^"]*)"[ \t\n\r]*:[ \t\n\r]*\Z')
# As far before a list as its key is looked for.
_NEAR = 1024


def loads(body: bytes) -> Any:
    """The value of a text of which is known that it is JSON; raises ValueError.

    Of two equal names in one object either counts.
    """
    # Without an escape every other quotation mark ends a string.
    if count(body, b"[") + count(body, b"{") <= _MANY or b"\\" in body:
        return orjson.loads(body)
    found = _longest(body)
    if found is None:
        return orjson.loads(body)
    begin, end, commas = found
    key = _KEY.search(body, max(0, begin - _NEAR), begin)
    document = orjson.loads(body[: begin + 1] + body[end:]) if key else None
    if key is None or not isinstance(document, dict):
        return orjson.loads(body)
    elements: list[Any] = []
    for at, until in _pieces(begin + 1, end, commas):
        elements += orjson.loads(b"[" + body[at:until] + b"]")
    document[key[1].decode()] = elements
    return document


def _longest(body: bytes) -> tuple[int, int, Any] | None:
    """Where the longest list in the outermost object begins and ends, and its commas."""
    octets = np.frombuffer(body, np.uint8)
    level = quoted = 0
    opens: list[Any] = []
    closes: list[Any] = []
    commas: list[Any] = []
    for begin in range(0, len(octets), _PART):
        part = octets[begin : begin + _PART]
        quotes = (np.cumsum(part == ord('"'), dtype=np.int32) + quoted) & 1
        quoted = int(quotes[-1])
        plain = np.where(quotes == 0, part, np.uint8(0))
        # One bit tells a bracket from a brace.
        steps = (plain | 0x20 == ord("{")).astype(np.int8) - (plain | 0x20 == ord("}"))
        levels = np.cumsum(steps, dtype=np.int32) + level
        level = int(levels[-1])
        for kept, sign, depth in ((opens, "[", 2), (closes, "]", 1), (commas, ",", 2)):
            kept.append(np.flatnonzero((plain == ord(sign)) & (levels == depth)) + begin)
    begins, ends = np.concatenate(opens), np.concatenate(closes)
    if not len(begins) or len(begins) != len(ends):
        return None
    which = int(np.argmax(ends - begins))
    first, last = int(begins[which]), int(ends[which])
    all_commas = np.concatenate(commas)
    return first, last, all_commas[(all_commas > first) & (all_commas < last)]


def _pieces(begin: int, end: int, commas: Any) -> Iterator[tuple[int, int]]:
    """From where to where the pieces go, of whole elements each."""
    targets = np.arange(begin + _PIECE, end, _PIECE)
    indices = np.unique(np.searchsorted(commas, targets))
    at = begin
    for comma in commas[indices[indices < len(commas)]].tolist():
        yield at, comma
        at = comma + 1
    yield at, end
