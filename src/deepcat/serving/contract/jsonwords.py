"""The numbers that JSON has no words for: written as numbers that stand for them; pure.

A quick parser knows no ``NaN``; so each is replaced by a number that nobody writes, and what comes
out of the parser is put right in one pass over the array.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deepcat.serving.contract.dtypes import Array

# A word's spelling -> the number for it, longer spellings first. The sign before each and the space
# behind keep it apart from what may stand beside the word, so that no wrong text becomes right.
_STANDS_FOR = {
    b"NaN": b"-7.1828182845904523e-271 ",
    b"-Infinity": b"-4.6692016091029907e-271 ",
    b"-Inf": b"-4.6692016091029907e-271 ",
    b"Infinity": b"-2.5029078750958928e-271 ",
    b"Inf": b"-2.5029078750958928e-271 ",
}
_VALUES = {float(text): float(word) for word, text in _STANDS_FOR.items()}


def has_words(body: bytes) -> bool:
    """Whether a text may have such words."""
    return b"N" in body or b"I" in body


def as_numbers(body: bytes) -> tuple[bytes, int]:
    """The text with numbers for the words, and how many there were."""
    count = 0

    def change(part: bytes) -> bytes:
        nonlocal count
        for spelt, stands in _STANDS_FOR.items():
            if spelt[-1] != 0x4E and b"I" not in part:
                continue
            changed = part.replace(spelt, stands)
            count += (len(changed) - len(part)) // (len(stands) - len(spelt))
            part = changed
        return part

    return outside_strings(body, change), count


def as_python_reads(body: bytes) -> bytes:
    """The text with each word as Python's own parser reads it."""

    def change(part: bytes) -> bytes:
        part = part.replace(b"-NaN", b"NaN").replace(b"Infinity", b"Inf")
        return part.replace(b"Inf", b"Infinity")

    return outside_strings(body, change) if has_words(body) else body


def put_right(values: Array) -> int:
    """Put what the numbers stand for into an array of doubles; give how many there were."""
    count = 0
    for stands, value in _VALUES.items():
        found = values == stands
        here = int(np.count_nonzero(found))
        if here:
            values[found] = value
            count += here
    return count


def outside_strings(body: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The text with what lies outside its strings changed."""
    escaped = b"\\" in body
    if escaped:
        if b"\0" in body:
            return body
        body = body.replace(b"\\\\", b"\0\0").replace(b'\\"', b"\0\1")
    parts = body.split(b'"')
    for index in range(0, len(parts), 2):
        if b"N" in parts[index] or b"I" in parts[index]:
            parts[index] = change(parts[index])
    body = b'"'.join(parts)
    return body.replace(b"\0\1", b'\\"').replace(b"\0\0", b"\\\\") if escaped else body
