"""EDGE of the host: a file opened only where it really lies in a folder, whatever its path says."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe must not let the reader wait.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_within(folder: Path, path: Path) -> BinaryIO | None:
    """A plain file below a folder, open for reading; no link below the folder is followed.

    Args:
        folder: is itself trusted.
        path: absolute, or from the folder; somebody else may have named it.

    Returns:
        None where there is no such file there.
    """
    parts = path.parts
    if path.is_absolute():
        spelt = (folder.parts, folder.resolve().parts)
        known = next((each for each in spelt if parts[: len(each)] == each), None)
        if known is None:
            return None
        parts = parts[len(known) :]
    if not parts or ".." in parts or any("\0" in part for part in parts):
        return None
    try:
        return _opened(folder, parts)
    except OSError:
        return None


def _opened(folder: Path, parts: tuple[str, ...]) -> BinaryIO | None:
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            below = os.open(part, _FOLDER, dir_fd=at)
            os.close(at)
            at = below
        handle = os.open(parts[-1], _FILE, dir_fd=at)
    finally:
        os.close(at)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return None
    return os.fdopen(handle, "rb")
