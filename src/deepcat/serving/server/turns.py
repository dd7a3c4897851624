"""Who reads a large body of JSON when: of about each size one at a time.

Reading keeps the interpreter busy. Many that read at once would be no sooner done, have all their
objects at once, and let whoever asks for little wait for each of them in turn. A body waits for
others of about its size alone, never for one that is many times as large.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

# Smaller ones are soon read.
SMALL = 16 * 1024
# Each class reaches to eight times the size of the one before.
_BITS = 3
_FREE = nullcontext()
_TURNS: Sequence[threading.Lock] = [threading.Lock() for _ in range(8)]


def turn(size: int) -> AbstractContextManager[object]:
    """To be entered while a body of this size is read."""
    if size <= SMALL:
        return _FREE
    return _TURNS[min((size // SMALL).bit_length() // _BITS, len(_TURNS) - 1)]
