"""EDGE: memory that goes back to the machine after a burst."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from deepcat.serving.contract import quick
from deepcat.serving.server.admission import Admission
from deepcat.serving.server.burst import LOOK_S, Rhythm

_STATM = Path("/proc/self/statm")
_SMAPS = Path("/proc/self/smaps")
# Unlike MADV_DONTNEED it loses nothing where a range has become another's memory meanwhile.
_MADV_PAGEOUT = 21
# It also takes pages that another process has, too: they are no longer counted as ours.
MADV_DONTNEED = 4
_MUCH = 1024
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_ARENAS = 4
# Larger ones are mapped each by itself, whose pages come one by one and empty: a model that is
# asked again finds those of its last run. It is the most that the C library takes.
_MAPPED = 32 * 2**20
# What the end of an arena may hold while requests come, and what it is left afterwards.
_HELD, _KEPT = 2**30, 2**20
# Objects between two searches for unreachable ones. A body of many small lists is built with the
# interpreter held: with Python's 700 most of that time went into looking at them again and again.
_UNSEARCHED = 50_000


def prepare() -> None:
    """Keep the C library from holding a heap for each thread; to be called before there are any."""
    gc.set_threshold(_UNSEARCHED)
    libc = _libc()
    if libc is not None and hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, _ARENAS)
        libc.mallopt(_M_MMAP_THRESHOLD, _MAPPED)
        libc.mallopt(_M_TRIM_THRESHOLD, _HELD)


def open_files() -> None:
    """Let the process have as many connections as its user may."""
    if sys.platform != "win32":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def keep_start() -> None:
    """Search no more among what is there now for what nobody reaches: it stays."""
    gc.freeze()


class Held(NamedTuple):
    """Where much of a file is held, and nothing was or can be written."""

    begin: int
    end: int
    file: str


def forget_start(staying: Collection[str] = ()) -> None:
    """Let go of the pages of libraries: most were needed for loading alone.

    What is needed once more comes back from the file. Pages that were written stay. Those that
    another process has, and all where the files are another user's, go for `staying` alone.

    Args:
        staying: how the names of libraries begin that are loaded and will never be unloaded: no
            part of theirs can become another's memory, or be written, meanwhile.
    """
    if _SMAPS.exists():
        held = unwritten(_SMAPS.read_text())
        let_go(held)
        begins = tuple(staying)
        let_go([each for each in held if each.file.startswith(begins)], MADV_DONTNEED)


def let_go(ranges: Iterable[Held], advice: int = _MADV_PAGEOUT) -> None:
    """Let the kernel take back what lies there; what it holds comes back when it is needed."""
    libc = _libc()
    if libc is None or not hasattr(libc, "madvise"):
        return
    for begin, end, _ in ranges:
        libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), advice)


def unwritten(smaps: str) -> list[Held]:
    """What is held of files that only their own text can be."""
    found = []
    for part in re.split(r"\n(?=[0-9a-f]+-)", smaps):
        head, *rest = part.split("\n")
        place, kind, _, _, inode, *path = head.split(maxsplit=5)
        kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in rest if " kB" in line}
        written = kilobytes.get("Private_Dirty", 0) + kilobytes.get("Shared_Dirty", 0)
        if (
            kind in ("r--p", "r-xp")
            and inode != "0"
            and not written
            and kilobytes.get("Rss", 0) >= _MUCH
        ):
            begin, end = (int(each, 16) for each in place.split("-"))
            found.append(Held(begin, end, path[0].rpartition("/")[2] if path else ""))
    return found


async def tidy(admission: Admission, staying: Callable[[], Collection[str]]) -> None:
    """Give free memory back whenever nothing is computed and more is held than was; for ever.

    Where the server is never idle it happens from time to time all the same.

    Args:
        admission: knows what is computed.
        staying: as `forget_start`.
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
        await asyncio.to_thread(trim, libc)
        if is_idle and rhythm.is_more(resident()):
            await asyncio.to_thread(forget_start, staying())
        rhythm.done(time.monotonic(), resident(), is_idle)


def trim(libc: ctypes.CDLL) -> None:
    """Give back what no arena of the C library uses.

    A trim does not reach the end of any arena but the first, which goes when something is freed
    there: threads that are there at once have all arenas among them.
    """
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes = [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    several = range(2 * _ARENAS)
    together = threading.Barrier(len(several))

    def free() -> None:
        place = libc.malloc(_KEPT)
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait()
        libc.free(place)

    libc.mallopt(_M_TRIM_THRESHOLD, _KEPT)
    threads = [threading.Thread(target=free) for _ in several]
    try:
        for each in threads:
            each.start()
    except RuntimeError:  # No thread is to be had: another time.
        together.abort()
    for each in threads:
        if each.ident:
            each.join()
    libc.malloc_trim(0)
    libc.mallopt(_M_TRIM_THRESHOLD, _HELD)


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
