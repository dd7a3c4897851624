"""Which words stand in which modules, packed into files by the words' beginnings. Pure.

A file changes only with a module that has one of its words. `generator/web/src/postings.ts` reads
them. A word's row is: a character for each module's level; where the words of several fields stand
together, a character for each module's field; then the steps from each module to the next.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from deepcat_site.api.fields import DIGITS, LEVELS, Row
from deepcat_site.digests import shard_of

_VALUE = {digit: number for number, digit in enumerate(DIGITS)}
_BASE = len(DIGITS)
# A step's digits below this are its last ones.
_LAST = 60
_MORE = _BASE - _LAST


def _digits(step: int) -> str:
    """From the last to the first; all but the last stand above those that end a step."""
    digits = []
    while step >= _LAST:
        step, rest = divmod(step - _LAST, _MORE)
        digits.append(DIGITS[_LAST + rest])
    return "".join((*digits, DIGITS[step]))


_STEPS = tuple(map(_digits, range(2000)))
# A mark is a character of ASCII.
_BITS, _MASK = 7, 127
_LEVELS = LEVELS + 1
_BEGINNING = 4

# Kind of words -> for so many modules there is one more file, as a power of two.
KINDS: Mapping[str, int] = {"words": 24, "readme": 8}

Places = dict[int, int]  # module's number -> field * levels + level
Buckets = dict[int, dict[str, str]]


def files(kind: str, modules: int) -> int:
    """Into how many files the words are dealt; a power of two, so that it seldom changes."""
    return 1 << (modules // KINDS[kind]).bit_length()


def file_of(word: str, count: int) -> int:
    """The file that holds a word: by its first letters, so that kindred words share one."""
    return shard_of(word[:_BEGINNING], count)


def of_kind(kind: str, row: Row) -> Mapping[str, int]:
    """A module's words of one kind, each with its field and level as one number."""
    if kind == "readme":
        return row.readme
    return {word: field * _LEVELS + level for word, (field, level) in row.head.items()}


def pack(kind: str, lines: Iterable[str], modules: int) -> Buckets:
    """All files of a kind, from what `Row.dump` wrote of all modules in the order of their numbers.

    Four million places of 10,000 modules go through here: a place is one number, the module's
    above the characters of its marks.
    """
    found: dict[str, array[int]] = {}
    bits = _BITS if kind == "readme" else 2 * _BITS
    for number, line in enumerate(lines):
        at = number << bits
        for word, mark in _marks(kind, line):
            if (places := found.get(word)) is None:
                found[word] = array("Q", (at | mark,))
            else:
                places.append(at | mark)
    count = files(kind, modules)
    buckets: Buckets = {number: {} for number in range(count)}
    by_file: dict[str, int] = {}
    for word in sorted(found):
        start = word[:_BEGINNING]
        if (number := by_file.get(start, -1)) < 0:
            number = by_file[start] = file_of(word, count)
        places = found.pop(word)
        marks = bytes([place & _MASK for place in places]).decode()
        if kind == "words":
            marks += bytes([place >> _BITS & _MASK for place in places]).decode()
        buckets[number][word] = f"{marks} {_steps([place >> bits for place in places])}"
    return buckets


def _marks(kind: str, line: str) -> Iterable[tuple[str, int]]:
    """A module's words of one kind, each with the characters of its marks as one number."""
    head, fields, levels, readme, texts = line.split("\t")
    if kind == "readme":
        return zip(readme.split(), map(ord, texts), strict=True)
    marks = (ord(field) << _BITS | ord(level) for field, level in zip(fields, levels, strict=True))
    return zip(head.split(), marks, strict=True)


def encode(kind: str, places: Places) -> str:
    """A word's row, from its places in the order of their numbers."""
    marks = "".join([DIGITS[code % _LEVELS] for code in places.values()])
    if kind == "words":
        marks += "".join([DIGITS[code // _LEVELS] for code in places.values()])
    return f"{marks} {_steps(list(places))}"


def _steps(numbers: Sequence[int]) -> str:
    steps = [after - before - 1 for before, after in pairwise((-1, *numbers))]
    return "".join([_STEPS[step] if step < len(_STEPS) else _digits(step) for step in steps])


def decode(kind: str, row: str) -> Places:
    """What `encode` packed."""
    marks, _, steps = row.partition(" ")
    numbers = list(_numbers(steps))
    levels = [_VALUE[mark] for mark in marks[: len(numbers)]]
    if kind == "readme":
        return dict(zip(numbers, levels, strict=True))
    fields = [_VALUE[mark] for mark in marks[len(numbers) :]]
    codes = [field * _LEVELS + level for field, level in zip(fields, levels, strict=True)]
    return dict(zip(numbers, codes, strict=True))


def _numbers(steps: str) -> Iterator[int]:
    number, step, unit = -1, 0, 1
    for digit in steps:
        value = _VALUE[digit]
        step += value * unit
        if value >= _LAST:
            unit *= _MORE
            continue
        number += step + 1
        yield number
        step, unit = 0, 1


def changed(
    kind: str, known: Mapping[str, str], changes: Mapping[str, Mapping[int, int | None]]
) -> dict[str, str]:
    """A file after some modules changed.

    Args:
        kind: of words.
        known: word -> its row.
        changes: word -> module's number -> what stands there now; None where it is gone.
    """
    words = dict(known)
    for word, places in changes.items():
        all_places: dict[int, int | None] = {**decode(kind, words.get(word, " ")), **places}
        kept = {number: code for number, code in sorted(all_places.items()) if code is not None}
        if kept:
            words[word] = encode(kind, kept)
        else:
            words.pop(word, None)
    return dict(sorted(words.items()))
