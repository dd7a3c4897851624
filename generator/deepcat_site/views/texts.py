"""What two texts differ in, as people read it: by block, and by word where a block changed. Pure.

`generator/web/src/texts.ts` gives the same of any two versions; `generator/web/test/texts.json`
holds the cases of both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

# Pairs that are compared at most, of blocks or of words; beyond, the whole counts as changed.
_MOST = 250_000
# Two blocks that share so much of their words are one block that changed.
_ALIKE = 0.5
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
# A word with the blanks before it; of scripts without blanks, a letter.
_LETTER = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[ \t\n]*(?:[{_LETTER}]|[^ \t\n{_LETTER}]+)")


class Part(NamedTuple):
    """A piece of a block: `how` is ``same``, ``gone`` or ``new``."""

    how: str
    text: str


class Change(NamedTuple):
    """What is shown of one place where two texts differ, or beside it.

    Attributes:
        how: ``same`` for a block beside a change, ``skipped`` for those that are left out,
            ``gone``, ``new`` or ``changed``.
        parts: the block's pieces; of what is skipped none.
        number: how many blocks it stands for.
    """

    how: str
    parts: tuple[Part, ...]
    number: int = 1


def blocks(text: str) -> list[str]:
    """A text's paragraphs, lists, tables and listings, in their order; a listing stays whole."""
    found: list[list[str]] = [[]]
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) else fence
        elif mark:
            fence = mark[1]
        elif not line.strip():
            found.append([])
            continue
        found[-1].append(line.rstrip())
    return ["\n".join(lines) for lines in found if lines]


def changes(before: Sequence[str], after: Sequence[str]) -> tuple[Change, ...]:
    """What is shown of two texts' differences, given their blocks; nothing where there are none."""
    rows: list[Change] = []
    for same, gone, new in _runs(before, after):
        rows += [Change("same", (Part("same", block),)) for block in same]
        rows += _changed(gone, new)
    far = [
        not any(row.how != "same" for row in rows[max(i - 1, 0) : i + 2]) for i in range(len(rows))
    ]
    shown: list[Change] = []
    for row, is_far in zip(rows, far, strict=True):
        if not is_far:
            shown.append(row)
        elif shown and shown[-1].how == "skipped":
            shown[-1] = Change("skipped", (), shown[-1].number + 1)
        else:
            shown.append(Change("skipped", ()))
    return tuple(shown) if any(row.how != "skipped" for row in shown) else ()


def _changed(gone: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    """Blocks that stand for each other in their order, where they are alike."""
    for old, young in zip_longest(gone, new):
        parts = _parts(old, young) if old and young else ()
        if parts:
            yield Change("changed", parts)
            continue
        if old:
            yield Change("gone", (Part("gone", old),))
        if young:
            yield Change("new", (Part("new", young),))


def _parts(old: str, young: str) -> tuple[Part, ...]:
    """A block's pieces; none where the two share too little."""
    before, after = _WORD.findall(old), _WORD.findall(young)
    found: list[Part] = []
    kept = 0
    for same, gone, new in _runs(before, after):
        kept += len(same)
        pieces = (("same", same), ("gone", gone), ("new", new))
        found += [Part(how, "".join(words)) for how, words in pieces if words]
    return tuple(found) if 2 * kept >= _ALIKE * (len(before) + len(after)) else ()


_Run = tuple[Sequence[str], Sequence[str], Sequence[str]]


def _runs(before: Sequence[str], after: Sequence[str]) -> Iterator[_Run]:
    """What both have, then what only the first and only the second have, over and over."""
    pairs = [*_common(before, after), (len(before), len(after))]
    at, to = 0, 0
    same: list[str] = []
    for i, k in pairs:
        if i > at or k > to:
            yield same, before[at:i], after[to:k]
            same = []
        if i < len(before):
            same.append(before[i])
        at, to = i + 1, k + 1
    if same:
        yield same, (), ()


def _common(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Where the longest sequence that both have stands in each."""
    start, least = 0, min(len(before), len(after))
    while start < least and before[start] == after[start]:
        start += 1
    end = 0
    while end < least - start and before[-1 - end] == after[-1 - end]:
        end += 1
    one, two = before[start : len(before) - end], after[start : len(after) - end]
    found = [(i, i) for i in range(start)]
    if len(one) * len(two) <= _MOST:
        found += [(start + i, start + k) for i, k in _longest(one, two)]
    return found + [(len(before) - i, len(after) - i) for i in range(end, 0, -1)]


def _longest(one: Sequence[str], two: Sequence[str]) -> Iterator[tuple[int, int]]:
    table = [[0] * (len(two) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) - 1, -1, -1):
        row, below = table[i], table[i + 1]
        for k in range(len(two) - 1, -1, -1):
            row[k] = below[k + 1] + 1 if one[i] == two[k] else max(below[k], row[k + 1])
    i = k = 0
    while i < len(one) and k < len(two):
        if one[i] == two[k]:
            yield i, k
            i, k = i + 1, k + 1
        elif table[i + 1][k] >= table[i][k + 1]:
            i += 1
        else:
            k += 1
