"""What is wrong with a model's archive, told from its table of contents. Pure; writes nothing."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

from deepcat.catalog.words import shown

MAX_ENTRIES = 10_000
# The largest that an archive may unpack to: so many bytes, or so many times its own size.
MIN_BYTES = 100_000_000
MAX_RATIO = 20
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError)


def faults(name: str, content: bytes) -> Iterator[str]:
    """What is wrong with an archive that should hold one SavedModel.

    Args:
        name: the file's name, whose ending says how it is packed.
        content: the file.
    """
    try:
        if name.endswith(".zip"):
            yield from _zip(content)
        elif name.endswith((".tar.gz", ".tgz", ".tar")):
            yield from _tar(content)
        else:
            yield "its name ends neither in .tar.gz, .tgz, .tar nor .zip"
    except _BROKEN as error:
        yield f"it cannot be opened: {error}"


def _tar(content: bytes) -> Iterator[str]:
    plain = _gunzip(content) if content[:2] == b"\x1f\x8b" else content
    if plain is None:
        yield "it unpacks to more than can be taken in"
        return
    names = []
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
        for member in archive:
            names.append(member.name)
            if len(names) > MAX_ENTRIES:
                yield f"it holds more than {MAX_ENTRIES:,} files"
                return
            if not (member.isreg() or member.isdir()):
                yield f"{shown(member.name)} in it is a link or a device"
    yield from _names(names)


def _gunzip(content: bytes) -> bytes | None:
    """The content unpacked; None when it would be larger than the bounds."""
    most, parts, size = _most(content), [], 0
    while content:
        unpacker = zlib.decompressobj(wbits=31)
        parts.append(unpacker.decompress(content, most - size + 1))
        size += len(parts[-1])
        if size > most:
            return None
        if not unpacker.eof:
            raise EOFError("it ends too early")
        content = unpacker.unused_data.lstrip(b"\0")
    return b"".join(parts)


def _most(content: bytes) -> int:
    return max(MIN_BYTES, MAX_RATIO * len(content))


def _zip(content: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
    total = sum(member.file_size for member in members)
    if len(members) > MAX_ENTRIES or total > _most(content):
        yield "it unpacks to more than can be taken in"
        return
    for member in members:
        if (member.external_attr >> 16) & 0o170000 == 0o120000:
            yield f"{shown(member.filename)} in it is a link"
    yield from _names([member.filename for member in members])


def _names(names: list[str]) -> Iterator[str]:
    for name in names:
        if name.startswith("/") or "\\" in name or ".." in name.split("/"):
            yield f"{shown(name)} in it would leave the folder"
    if not any(name.rpartition("/")[2] == "saved_model.pb" for name in names):
        yield "it holds no saved_model.pb"
