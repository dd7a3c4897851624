"""When garbage is looked for, where much is read at once."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
# How many hold it off now, and whether it was on before the first of them did.
_holding = 0
_was_on = False


@contextmanager
def uncollected() -> Iterator[None]:
    """Hold it off: many new objects that all live are else searched through again and again.

    Several threads may at once; it is on again once the last of them is done.
    """
    global _holding, _was_on  # noqa: PLW0603 - of the process, as the collector is
    with _lock:
        if not _holding:
            _was_on = gc.isenabled()
            gc.disable()
        _holding += 1
    try:
        yield
    finally:
        with _lock:
            _holding -= 1
            if not _holding and _was_on:
                gc.enable()
