"""Waiting for one file of this process, whatever its number: `select` takes none above 1,023."""

from __future__ import annotations

import math
import select


def is_readable(handle: int, seconds: float) -> bool:
    """Whether a file can be read, or has ended, within a time.

    Args:
        handle: number of a pipe, socket or process (pidfd).
        seconds: at most waited; 0 only looks.
    """
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    return bool(waiting.poll(math.ceil(seconds * 1000)))
