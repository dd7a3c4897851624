"""What reading a body of JSON takes beside the body itself; pure."""

from __future__ import annotations

import numpy as np

# No body is said to take more, so that one that comes alone is always let in.
MOST_BESIDE = 2**28
_SMALL = 16 * 1024
_PART = 2**20
_LIST = 40  # bytes of an object or a list beyond its text
_WORD = 24  # bytes of a number that stands for one of JSON's missing words, and of its value


def beside(body: bytes) -> int:
    """About as many bytes as a body's lists, objects and words take once it is read.

    Of a small body, which is soon read, none.
    """
    if len(body) <= _SMALL:
        return 0
    octets = np.frombuffer(body, np.uint8)
    lists = words = 0
    for begin in range(0, len(octets), _PART):
        part = octets[begin : begin + _PART]
        lists += int(np.count_nonzero((part | 0x20) == ord("{")))  # and of "["
        words += int(np.count_nonzero(part == ord("N"))) + int(np.count_nonzero(part == ord("I")))
    return min(lists * _LIST + words * _WORD, MOST_BESIDE)
