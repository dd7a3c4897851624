"""EDGE: memory that goes back to the machine after a burst."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from deepcat.serving.contract import quick
from deepcat.serving.server.admission import Admission
from deepcat.serving.server.burst import LOOK_S, Rhythm

_STATM = Path("/proc/self/statm")
_SMAPS = Path("/proc/self/smaps")
# Unlike MADV_DONTNEED it loses nothing where a range has become another's memory meanwhile.
_MADV_PAGEOUT = 21
_MUCH = 1024
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_ARENAS = 4
# By itself the C library keeps ever more, up to 64 MiB an arena, and no trim reaches the end of
# any arena but the first.
_KEPT = 4 * 2**20
# Objects between two searches for unreachable ones. A body of many small lists is built with the
# interpreter held: with Python's 700 most of that time went into looking at them again and again.
_UNSEARCHED = 50_000


def prepare() -> None:
    """Keep the C library from holding a heap for each thread; to be called before there are any."""
    gc.set_threshold(_UNSEARCHED)
    libc = _libc()
    if libc is not None and hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, _ARENAS)
        libc.mallopt(_M_MMAP_THRESHOLD, _KEPT)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT)


def open_files() -> None:
    """Let the process have as many connections as its user may."""
    if sys.platform != "win32":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def keep_start() -> None:
    """Search no more among what is there now for what nobody reaches: it stays."""
    gc.freeze()


def forget_start() -> None:
    """Let go of the pages of libraries: most were needed for loading alone.

    What is needed once more comes back from the file. Pages that were written stay, and all do
    where the kernel knows no such wish or the files are another user's.
    """
    if _SMAPS.exists():
        let_go(unwritten(_SMAPS.read_text()))


def let_go(ranges: Iterable[tuple[int, int]]) -> None:
    """Let the kernel take back what lies there; what it holds comes back when it is needed."""
    libc = _libc()
    if libc is None or not hasattr(libc, "madvise"):
        return
    for begin, end in ranges:
        libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), _MADV_PAGEOUT)


def unwritten(smaps: str) -> list[tuple[int, int]]:
    """Where much of a file is held, and nothing was or can be written."""
    found = []
    for part in re.split(r"\n(?=[0-9a-f]+-)", smaps):
        head, *rest = part.split("\n")
        place, kind, _, _, inode, *_ = head.split()
        kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in rest if " kB" in line}
        written = kilobytes.get("Private_Dirty", 0) + kilobytes.get("Shared_Dirty", 0)
        if (
            kind in ("r--p", "r-xp")
            and inode != "0"
            and not written
            and kilobytes.get("Rss", 0) >= _MUCH
        ):
            begin, end = (int(each, 16) for each in place.split("-"))
            found.append((begin, end))
    return found


async def tidy(admission: Admission) -> None:
    """Give free memory back whenever nothing is computed and more is held than was; for ever.

    Where the server is never idle it happens from time to time all the same.
    """
    libc = _libc()
    if libc is None or not hasattr(libc, "malloc_trim") or not _STATM.exists():
        return
    rhythm = Rhythm()
    while True:
        await asyncio.sleep(LOOK_S)
        is_idle = not admission.running and not admission.waiting
        if not rhythm.is_due(time.monotonic(), resident(), is_idle):
            continue
        quick.forget()
        gc.collect()
        await asyncio.to_thread(libc.malloc_trim, 0)
        if is_idle and rhythm.is_more(resident()):
            await asyncio.to_thread(forget_start)
        rhythm.done(time.monotonic(), resident())


def resident() -> int:
    """The bytes that the process has; 0 where nobody tells."""
    if not _STATM.exists():
        return 0
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _libc() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
