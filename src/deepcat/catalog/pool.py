"""Many units judged at once: in this process, or, when they are many, in two."""

from __future__ import annotations

import gc
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
# So many are done together, each step for all of them before the next one, so that a processor
# has at hand what the step is: one unit after the other takes half as long again.
TOGETHER = 16

# What a forked process inherits: sending items over would cost more than much of the work.
_task: tuple[Callable[[Any], Any], Sequence[Any]] | None = None


def run_all(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    few: int = _FEW,
    chunk: int = _CHUNK,
) -> list[Result]:
    """The work done for every item, in their order.

    Args:
        work: what is done; it is not sent to other processes, they inherit it.
        items: what it is done for.
        few: below so many items, all is done here.
        chunk: so many items are given to a process at once.
    """
    workers = min(os.cpu_count() or 1, 4)
    if len(items) < few or workers < 2 or not may_fork():
        return [work(item) for item in items]
    from multiprocessing import get_context

    global _task  # noqa: PLW0603 - see there
    _task = (work, items)
    try:
        with get_context("fork").Pool(workers, _settle_in) as pool:
            return pool.map(_call, range(len(items)), chunksize=chunk)
    finally:
        _task = None


def run_together(
    work: Callable[[Sequence[Item]], list[Result]], items: Sequence[Item]
) -> list[Result]:
    """The work done for all items, some of them at a time: `TOGETHER` at most."""
    groups = [items[at : at + TOGETHER] for at in range(0, len(items), TOGETHER)]
    found = run_all(work, groups, few=_FEW // TOGETHER, chunk=1)
    return [each for some in found for each in some]


def _settle_in() -> None:
    """What was inherited is left alone; what the work leaves behind is collected."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def _call(index: int) -> Any:
    assert _task  # noqa: S101 - set before the fork
    work, items = _task
    return work(items[index])


def may_fork() -> bool:
    """Whether a fork is safe: offered by the system, and no other thread holds locks."""
    return hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1
