"""EDGE of the host: takes away a folder that a stranger's program wrote, however deep it is.

Python's own way goes down by recursion, and ends at some thousand folders.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from itertools import count
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def take_away(folder: Path | str) -> None:
    """Delete a folder with all below it; a link is deleted, and not followed.

    Each folder is first lifted to the top, so that none is ever deeper than the first ones.

    Raises:
        OSError: something of it cannot be deleted.
    """
    try:
        top = _opened(str(folder))
    except FileNotFoundError:
        return
    try:
        numbers = count()
        while names := _emptied(top):
            for name in names:
                _lifted(top, name, numbers)
    finally:
        os.close(top)
    Path(folder).rmdir()


def away(folder: Path | str) -> None:
    """The same, as far as it can be."""
    with suppress(OSError):
        take_away(folder)


def _lifted(top: int, name: str, numbers: count[int]) -> None:
    """Delete a folder of the top one, once those in it lie beside it."""
    own = _opened(name, top)
    try:
        for each in _emptied(own):
            os.close(_opened(each, own))  # so that it may be moved
            while _exists(other := f".{next(numbers)}.away", top):
                pass
            os.rename(each, other, src_dir_fd=own, dst_dir_fd=top)
    finally:
        os.close(own)
    os.rmdir(name, dir_fd=top)


def _emptied(folder: int) -> list[str]:
    """Delete all but folders; gives their names."""
    found = []
    with os.scandir(folder) as entries:
        known = list(entries)
    for entry in known:
        if entry.is_dir(follow_symlinks=False):
            found.append(entry.name)
        else:
            with suppress(FileNotFoundError):
                os.unlink(entry.name, dir_fd=folder)
    return found


def _opened(name: str, at: int | None = None) -> int:
    """A folder whose owner may do with it as we need."""
    handle = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_IMODE(mode) & 0o700 != 0o700:
            with suppress(OSError):
                Path(f"/proc/self/fd/{handle}").chmod(stat.S_IMODE(mode) | 0o700)
    finally:
        os.close(handle)
    return os.open(name, _FOLDER, dir_fd=at)


def _exists(name: str, at: int) -> bool:
    try:
        os.stat(name, dir_fd=at, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
