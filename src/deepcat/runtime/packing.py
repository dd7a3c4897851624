"""A tar whose bytes follow from what it holds alone, and its compressed forms."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from deepcat.runtime.elf import is_elf, loaded
from deepcat.runtime.programs import compressing, decompressed

Content = Path | bytes

_CHUNK = 1 << 20
# Below that, what a debugger reads is not worth the cut.
_LARGE = 1 << 20


class Digesting:
    """Counts and digests what is written on."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Write on."""
        self._digest.update(data)
        return self._stream.write(data)

    @property
    def sha256(self) -> str:
        """Of all that was written."""
        return self._digest.hexdigest()


def pack(files: Mapping[str, Content], how: str, target: Path) -> tuple[str, int]:
    """Write an archive.

    Args:
        files: name -> what lies there.
        how: it is compressed: ``zst`` or ``gz``.
        target: the new file.

    Returns:
        The tar's sha256 and the bytes of all files.
    """
    size = 0
    with compressing(how, target) as stream:
        digesting = Digesting(stream)
        with tarfile.open(fileobj=cast(IO[bytes], digesting), mode="w|") as tar:
            tar.format = tarfile.GNU_FORMAT
            for folder in _folders(files):
                tar.addfile(member(folder, 0o755, kind=tarfile.DIRTYPE))
            for name in sorted(files):
                content = _content(files[name])
                tar.addfile(member(name, _mode(content), len(content)), io.BytesIO(content))
                size += len(content)
    return digesting.sha256, size


def repack(source: Path, how: str, target: Path) -> None:
    """Write the same tar compressed in another way."""
    with decompressed(source) as plain, compressing(how, target) as stream:
        shutil.copyfileobj(plain, stream, _CHUNK)


def checksum(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def fresh(target: Path) -> Iterator[Path]:
    """A path to write to beside `target`, whose place it takes in the end, at once and whole."""
    new = target.with_name(f".{target.name}.new")
    new.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield new
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def _content(given: Content) -> bytes:
    content = given if isinstance(given, bytes) else given.read_bytes()
    return loaded(content) if len(content) >= _LARGE and is_elf(content) else content


def _mode(content: bytes) -> int:
    return 0o755 if content.startswith((b"\x7fELF", b"#!")) else 0o644


def _folders(files: Mapping[str, Content]) -> list[str]:
    parents = {str(folder) for name in files for folder in PurePosixPath(name).parents}
    return sorted(parents - {"."})


def member(name: str, mode: int, size: int = 0, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    """A member of a tar, of no time and nobody's."""
    made = tarfile.TarInfo(name)
    made.mode, made.size, made.type = mode, size, kind
    return made
