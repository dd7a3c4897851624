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

# What a forked process inherits: sending items over would cost more than much of the work.
_task: tuple[Callable[[Any], Any], Sequence[Any]] | None = None


def run_all(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The work done for every item, in their order."""
    workers = min(os.cpu_count() or 1, 4)
    if len(items) < _FEW or workers < 2 or not _may_fork():
        return [work(item) for item in items]
    from multiprocessing import get_context

    global _task  # noqa: PLW0603 - see there
    _task = (work, items)
    try:
        with get_context("fork").Pool(workers) as pool:
            return pool.map(_call, range(len(items)), chunksize=_CHUNK)
    finally:
        _task = None


def _call(index: int) -> Any:
    assert _task  # noqa: S101 - set before the fork
    work, items = _task
    return work(items[index])


def _may_fork() -> bool:
    """Whether a fork is safe: offered by the system, and no other thread holds locks."""
    return hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1
