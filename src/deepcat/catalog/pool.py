"""Many units judged at once: in this process, or, when they are many, in two."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# Below this many, a second process costs more than it gives.
_FEW = 300
_CHUNK = 64

_work: Callable[[Any], Any] | None = None


def run_all(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The work done for every item, in their order."""
    workers = min(os.cpu_count() or 1, 4)
    if len(items) < _FEW or workers < 2 or not _may_fork():
        return [work(item) for item in items]
    from multiprocessing import get_context

    global _work  # noqa: PLW0603 - a forked process inherits it; closures cannot be sent
    _work = work
    try:
        with get_context("fork").Pool(workers) as pool:
            return pool.map(_call, items, chunksize=_CHUNK)
    finally:
        _work = None


def _call(item: Any) -> Any:
    assert _work  # noqa: S101 - set before the fork
    return _work(item)


def _may_fork() -> bool:
    """Whether a fork is safe: offered by the system, and no other thread holds locks."""
    return hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1
