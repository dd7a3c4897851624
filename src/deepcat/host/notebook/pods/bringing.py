"""What is brought to a pod: archives, each held against its checksum, unpacked on the claim."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from collections.abc import Collection
from pathlib import Path
from typing import IO

_CHUNK = 1 << 20
_MOST_BYTES = 16 << 30


def path_of(folder: Path, sha256: str) -> Path:
    """Where an archive's files lie."""
    return folder / sha256


def take(folder: Path, sha256: str, size: int, stream: IO[bytes]) -> None:
    """Take an archive's files from a stream, whole or not at all.

    Args:
        folder: of all that is brought.
        sha256: that the archive must have.
        size: of the archive, in bytes.
        stream: that holds it, compressed by gzip.

    Raises:
        OSError: it is broken, another one, or there is no room.
    """
    target, new = path_of(folder, sha256), folder / f".{sha256}.new"
    packed = folder / f".{sha256}.tar.gz"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(new, ignore_errors=True)
    try:
        if (found := _poured(stream, size, packed)) != sha256:
            raise OSError(f"what was brought has the checksum {found}, not {sha256}")
        new.mkdir()
        _unpacked(packed, new)
        shutil.rmtree(target, ignore_errors=True)
        new.replace(target)
    finally:
        packed.unlink(missing_ok=True)
        shutil.rmtree(new, ignore_errors=True)


def sweep(folder: Path, named: Collection[str]) -> None:
    """Delete what was brought once and is not named any more."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name in named:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:  # of a pod that was ended while it took an archive
            path.unlink(missing_ok=True)


def _poured(stream: IO[bytes], size: int, into: Path) -> str:
    known = hashlib.sha256()
    with into.open("wb") as out:
        while size > 0:
            chunk = stream.read(min(size, _CHUNK))
            if not chunk:
                raise OSError("what is brought ends too early")
            known.update(chunk)
            out.write(chunk)
            size -= len(chunk)
    return known.hexdigest()


def _unpacked(packed: Path, folder: Path) -> None:
    taken = 0
    try:
        with tarfile.open(packed, "r:gz") as tar:
            for member in tar:
                parts = Path(member.name).parts
                if not member.isreg() or ".." in parts or Path(member.name).is_absolute():
                    continue
                taken += member.size
                content = tar.extractfile(member)
                if taken > _MOST_BYTES or content is None:
                    raise OSError("what is brought is too large")
                path = folder / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("xb") as out:
                    shutil.copyfileobj(content, out)
                os.utime(path, (member.mtime, member.mtime))
                path.chmod(0o755 if member.mode & 0o100 else 0o644)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise OSError(f"what is brought is broken: {error}") from None
