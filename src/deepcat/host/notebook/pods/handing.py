"""The work of a pod as an archive: plain files; of what is too large its size, of links that they
are there."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from deepcat.host.notebook.pods.values import SIZE
from deepcat.host.notebook.saved import MOST_BYTES

MOST_FILES = 100_000
# What no branch gets anyway, and is found anew by who works there.
_NEVER = frozenset({".git", ".ipynb_checkpoints", "__pycache__"})


def poured(folder: Path, into: IO[bytes]) -> None:
    """Write a folder as an archive, whatever changes in it meanwhile.

    Raises:
        OSError: it cannot be read, or there are too many files.
    """
    with tarfile.open(fileobj=into, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for count, path in enumerate(_files(folder)):
            if count >= MOST_FILES:
                raise OSError(f"there are more than {MOST_FILES} files")
            _add(tar, path, path.relative_to(folder).as_posix())


def _files(folder: Path) -> Iterator[Path]:
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if each not in _NEVER)
        for name in sorted(names):
            yield Path(at, name)
        for name in folders:
            if Path(at, name).is_symlink():
                yield Path(at, name)


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    member = tarfile.TarInfo(name)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        if path.is_symlink():
            member.type, member.linkname = tarfile.SYMTYPE, "."
            tar.addfile(member)
        return
    with os.fdopen(handle, "rb") as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode):
            return
        member.mode = 0o755 if found.st_mode & 0o100 else 0o644
        if found.st_size > MOST_BYTES:
            member.pax_headers = {SIZE: str(found.st_size)}
            tar.addfile(member)
            return
        content = stream.read(MOST_BYTES + 1)[:MOST_BYTES]
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
