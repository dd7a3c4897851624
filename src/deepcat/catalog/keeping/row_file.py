"""EDGE: rows kept between commands in one file, each parsed only when somebody asks for it.

The file is plain text and may be deleted at any time: a first line that says by whom it was written
and vouches for the rest, then a line for each row, of columns between tabs. One that another
deepcat wrote, or that cannot be read, counts as empty; nothing in it is ever run.

So does one that came by Git, in somebody's pull request: the first line says to the microsecond
when the file was written, and what Git writes bears another time.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path


def read(file: Path, owner: str) -> tuple[str, dict[str, str]]:
    """The file's fingerprint, and row's name -> its columns; empty without a file.

    Args:
        file: where.
        owner: says by whom; rows of another owner are no use.
    """
    try:
        with file.open("rb") as stream:
            written = os.fstat(stream.fileno()).st_mtime_ns
            head, _, body = stream.read().partition(b"\n")
        name, _, known = head.decode().partition(" ")
        if known != f"{written} {owner}" or name != _name(body):
            return "", {}
        rows = body.decode().split("\n")
        pairs = (row.partition("\t") for row in rows if row)
        return name, {title: columns for title, _, columns in pairs}
    except (OSError, ValueError):
        return "", {}


def write(file: Path, owner: str, rows: Mapping[str, str]) -> str:
    """Keep rows whole or not at all; gives the file's fingerprint, which changes with its content.

    Args:
        file: where; its folder is made.
        owner: one line.
        rows: name -> columns, joined by tabs; neither holds a line break.

    Raises:
        OSError: the disk is full or may not be written.
    """
    body = "\n".join([f"{name}\t{columns}" for name, columns in rows.items()]).encode()
    name = _name(body)
    # Never a whole second: to such a one are files set by who takes their times from commits.
    now = time.time_ns() // 1_000_000 * 1_000_000 + 1000
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, half = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(f"{name} {now} {owner}\n".encode())
            stream.write(body)
        os.utime(half, ns=(now, now))
        Path(half).replace(file)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise
    return name


def label(name: str) -> str:
    """A name as a row can bear it: without tabs, line breaks, or what UTF-8 does not know."""
    return name if name.isprintable() else ascii(name)


def _name(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()
