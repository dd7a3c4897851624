"""Where something stands in a text, found by a compiled pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.markdown import position
from deepcat.catalog.reading.profile import Pointer

MOST = 20


def scan_odd(view: View, pattern: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str], int, int]]:
    """Each match of what a plain text cannot hold: file's name, match, line, column.

    At most `MOST` are given for a file.
    """
    for name in () if view.is_plain else view.text_names():
        yield from _matches(view, name, pattern)


def scan_near(
    view: View, pattern: re.Pattern[str], near: Sequence[bytes]
) -> Iterator[tuple[str, re.Match[str], int, int]]:
    """The same of what only a text can hold that holds one of some words."""
    if any(word in view.all_text for word in near):
        for name in view.text_names():
            yield from _matches(view, name, pattern)


def _matches(
    view: View, name: str, pattern: re.Pattern[str]
) -> Iterator[tuple[str, re.Match[str], int, int]]:
    text = view.text(name) or ""
    for number, found in enumerate(pattern.finditer(text)):
        if number == MOST:
            break
        yield name, found, *position(text, found.start())


def texts(
    value: Any, without: frozenset[str] = frozenset(), pointer: Pointer = ()
) -> Iterator[tuple[Pointer, str]]:
    """Every text in a document's data with its pointer, but below some keys and `x-` keys."""
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key not in without and not key.startswith("x-"):
                yield from texts(item, without, (*pointer, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, without, (*pointer, index))
