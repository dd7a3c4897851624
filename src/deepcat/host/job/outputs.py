"""EDGE of the host: what a training has made, listed with checksums and handed on.

Strangers wrote it: plain files below its folder alone are taken, whose names are words that every
system can hold. What else lies there is left, and said.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from deepcat.host.failure import StepError
from deepcat.host.within import open_within

MOST_FILES, MOST_BYTES = 10_000, 64 << 30
_DEPTH, _LONGEST, _MOST_LEFT, _CHUNK = 16, 512, 20, 1 << 20
# No control character, none that hides or turns the text, nothing that other systems do not hold.
_HIDES = "\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ud800-\\udfff"
_PART = re.compile(rf'(?!\.\.?\Z)[^{_HIDES}\\:*?"<>|/]{{1,200}}\Z')
_SUM = re.compile(r"[0-9a-f]{64}\Z")

Row = dict[str, Any]


def listed(folder: Path) -> tuple[list[Row], list[str]]:
    """The files of an output folder, by path, and what was left, with the reason.

    Args:
        folder: the output folder, whose own path is ours; nobody changes it any more.
    """
    rows: list[Row] = []
    left: list[str] = []
    total = 0
    for path, why in _found(folder):
        stream = None if why else open_within(folder, Path(path))
        if stream is None:
            left.append(f"{_shown(path)}: {why or 'no plain file'}")
            continue
        with stream:
            known = os.fstat(stream.fileno())
            if known.st_nlink > 1:
                left.append(f"{_shown(path)}: a hard link")
            elif len(rows) >= MOST_FILES or total + known.st_size > MOST_BYTES:
                left.append(f"{_shown(path)}: beyond {MOST_FILES} files or {MOST_BYTES} bytes")
                break
            else:
                total += known.st_size
                rows.append({"path": path, "bytes": known.st_size, "sha256": _sum(stream)})
    return rows, left[:_MOST_LEFT]


def _found(folder: Path) -> Iterable[tuple[str, str]]:
    """Path of each thing below a folder, and why it is not taken; sorted within each folder."""
    looked = 0
    for above, folders, files, handle in os.fwalk(folder, follow_symlinks=False):
        folders.sort()
        inside = Path(above).relative_to(folder)
        if len(inside.parts) >= _DEPTH:
            yield str(inside), "too deep"
            folders.clear()
            continue
        for name in sorted(folders):
            if why := _refused(name, handle, is_folder=True):
                folders.remove(name)
                yield str(inside / name), why
        for name in sorted(files):
            path = str(inside / name)
            why = _refused(name, handle, is_folder=False)
            yield path, why or ("a long name" if len(path) > _LONGEST else "")
        looked += len(files) + len(folders)
        if looked > 4 * MOST_FILES:
            yield str(inside), f"beyond {MOST_FILES} files"
            return


def _refused(name: str, handle: int, *, is_folder: bool) -> str:
    if not _PART.match(name):
        return "an odd name"
    with suppress(OSError):
        mode = os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            return "a link"
        if is_folder or stat.S_ISREG(mode):
            return ""
        return "no plain file"
    return "gone"


def _shown(path: str) -> str:
    """A stranger's path without anything that a terminal obeys."""
    return ascii(path)[1:-1][:120]


def _sum(stream: BinaryIO) -> str:
    known = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        known.update(chunk)
    return known.hexdigest()


def rows_of(said: Any) -> list[Row]:
    """Rows as `listed` gives them, whoever says so.

    Raises:
        ValueError: they are none.
    """
    if not isinstance(said, list) or len(said) > MOST_FILES:
        raise ValueError("no list of files, or too long a one")
    total = 0
    for row in said:
        path, size, known = row["path"], row["bytes"], row["sha256"]
        fits = isinstance(path, str) and len(path) <= _LONGEST and isinstance(known, str)
        if not fits or not all(_PART.match(part) for part in path.split("/")):
            raise ValueError("a file's name that is none")
        if type(size) is not int or size < 0 or not _SUM.match(known):
            raise ValueError("a file without its size or checksum")
        total += size
    if total > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    paths = {row["path"] for row in said}
    above = {str(each) for path in paths for each in PurePosixPath(path).parents}
    if len(paths) < len(said) or paths & above:
        raise ValueError("two files of one name")
    return [{name: row[name] for name in ("path", "bytes", "sha256")} for row in said]


def taken(into: Path, row: Mapping[str, Any], read: Callable[[int], bytes]) -> None:
    """Write one file of an output into a folder here, held against its size and checksum.

    Args:
        into: the folder.
        row: as `rows_of` gives it.
        read: gives the next bytes of it, at most so many; none at its end.

    Raises:
        StepError: it is another file than was listed (``job/bad-output``).
    """
    path = into / row["path"]
    path.parent.mkdir(parents=True, exist_ok=True)
    known, left = hashlib.sha256(), int(row["bytes"])
    with path.open("xb") as target:
        while left and (chunk := read(min(left, _CHUNK))):
            known.update(chunk)
            target.write(chunk)
            left -= len(chunk)
    if left or known.hexdigest() != row["sha256"]:
        path.unlink()
        message = f"`{row['path']}` of the output is not what was listed when the training ended"
        raise StepError("module", "job/bad-output", message, "train again: `deepcat retry`")


def copied(folder: Path, rows: Iterable[Mapping[str, Any]], into: Path) -> None:
    """Copy the listed files of an output folder of this machine into an empty folder.

    Raises:
        StepError: one is not there any more, or another one (``job/bad-output``).
    """
    for row in rows:
        stream = open_within(folder, Path(str(row["path"])))
        if stream is None:
            message = f"`{row['path']}` of the output is not there any more"
            raise StepError("module", "job/bad-output", message, "train again: `deepcat retry`")
        with stream:
            taken(into, row, stream.read)


def poured(folder: Path, rows: Iterable[Mapping[str, Any]], to: BinaryIO) -> None:
    """Write what the listed files hold, one behind the other; it ends where one is too short."""
    for row in rows:
        stream, left = open_within(folder, Path(str(row["path"]))), int(row["bytes"])
        if stream is None:
            return
        with stream:
            while left and (chunk := stream.read(min(left, _CHUNK))):
                to.write(chunk)
                left -= len(chunk)
        if left:
            return
    to.flush()
