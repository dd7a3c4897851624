"""EDGE of the host: what came so far, beside where it lies once it is whole.

Only a plain file, or of a whole data set a folder, is gone on with: what a link leads to is not.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO

from deepcat.host.failure import StepError

# Of a file that is not whole yet; `manifest` lets no file have a name with this sign.
PART = ":part"


def part_of(target: Path) -> Path:
    """Where a file lies until it is whole; nothing but a plain file is there then.

    Raises:
        StepError: a folder is in its place (``data/part``).
    """
    part = target.with_name(f"{target.name}{PART}")
    kind = _kind(part)
    if stat.S_ISDIR(kind):
        raise _in_the_way(part, "a folder", f"the file `{target.name[:80]}` is")
    if kind and not stat.S_ISREG(kind):
        part.unlink()
    return part


def folder_of(target: Path) -> Path:
    """Where a folder lies until it is whole; it is there then.

    Raises:
        StepError: a file is in its place (``data/part``).
    """
    draft = target.with_name(f".{target.name}.part")
    kind = _kind(draft)
    if stat.S_ISLNK(kind):
        draft.unlink()
    elif kind and not stat.S_ISDIR(kind):
        raise _in_the_way(draft, "no folder", "data is")
    draft.mkdir(parents=True, exist_ok=True)
    return draft


def opened(part: Path, *, goes_on: bool, buffering: int = -1) -> IO[bytes]:
    """A part, to be written on, or from its beginning; no link is followed to it."""
    return open(part, "ab+" if goes_on else "wb+", buffering, opener=_unled)


def _unled(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o644)


def _kind(path: Path) -> int:
    try:
        return os.lstat(path).st_mode
    except FileNotFoundError:
        return 0


def _in_the_way(path: Path, what: str, whose: str) -> StepError:
    message = f"`{path}` is {what}, and {whose} brought there until all of it came"
    return StepError("cloud", "data/part", message, "take it away there, then try again")
