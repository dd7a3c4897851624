"""A model's archive, read without unpacking it to anywhere. Pure."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from dataclasses import dataclass

from deepcat.catalog.wording import shown

MAX_ENTRIES = 10_000
# The largest that an archive may unpack to: so many bytes, or so many times its own size.
MIN_BYTES = 100_000_000
MAX_RATIO = 20

_BLOCK = 512
_FEW = 200
_PLAIN = (b"0", b"\0", b"5")
_MODEL = "saved_model.pb"
_BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError),
    *(KeyError, RuntimeError, NotImplementedError),
)


@dataclass(frozen=True, slots=True)
class Contents:
    """What an archive holds.

    Attributes:
        faults: what is wrong with it; none when it can be unpacked as a SavedModel.
        saved_model: the content of its `saved_model.pb`; None when there is none to be had.
    """

    faults: tuple[str, ...]
    saved_model: bytes | None


def read(name: str, content: bytes) -> Contents:
    """Read an archive that should hold one SavedModel.

    Args:
        name: the file's name, whose ending says how it is packed.
        content: the file.
    """
    try:
        if name.endswith(".zip"):
            return _zip(content)
        if name.endswith((".tar.gz", ".tgz", ".tar")):
            return _tar(content)
    except _BROKEN as error:
        return Contents((f"it cannot be opened: {error}",), None)
    return Contents(("its name ends neither in .tar.gz, .tgz, .tar nor .zip",), None)


def _tar(content: bytes) -> Contents:
    plain = _gunzip(content) if content[:2] == b"\x1f\x8b" else content
    if plain is None:
        return Contents(("it unpacks to more than can be taken in",), None)
    files = _plain_files(plain)
    if files is None:
        return _any_tar(plain)
    found = _nearest(list(files))
    return Contents(tuple(_name_faults(list(files))), plain[files[found]] if found else None)


def _plain_files(plain: bytes) -> dict[str, slice] | None:
    """Where each file of a plain archive lies; None when it is not as plain as most are.

    Plain is a POSIX archive of few files and folders with short ASCII names. For all others there
    is `tarfile`, which knows every kind and takes its time.
    """
    found: dict[str, slice] = {}
    position, end = 0, len(plain)
    while position + _BLOCK <= end:
        head = plain[position : position + _BLOCK]
        name = head[:100].rstrip(b"\0")
        if not name:
            return found if not any(head) else None
        size, total = head[124:135], head[148:154]
        sound = head[257:262] == b"ustar" and not head[345] and head[156:157] in _PLAIN
        if not (sound and name.isascii() and size.isdigit() and total.isdigit()):
            return None
        if sum(head) - sum(head[148:156]) + 256 != int(total, 8) or len(found) >= _FEW:
            return None
        start, length = position + _BLOCK, int(size, 8)
        if start + length > end:
            return None
        found[name.decode()] = slice(start, start + length)
        position = start + -(-length // _BLOCK) * _BLOCK
    return None


def _any_tar(plain: bytes) -> Contents:
    names, faults = [], []
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
        for member in archive:
            names.append(member.name)
            if len(names) > MAX_ENTRIES:
                return Contents((f"it holds more than {MAX_ENTRIES:,} files",), None)
            if not (member.isreg() or member.isdir()):
                faults.append(f"{shown(member.name)} in it is a link or a device")
        found = _nearest(names)
        stream = archive.extractfile(found) if found and not faults else None
        model = stream.read() if stream else None
    return Contents((*faults, *_name_faults(names)), model)


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


def _zip(content: bytes) -> Contents:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        total = sum(member.file_size for member in members)
        if len(members) > MAX_ENTRIES or total > _most(content):
            return Contents(("it unpacks to more than can be taken in",), None)
        links = [m for m in members if (m.external_attr >> 16) & 0o170000 == 0o120000]
        names = [member.filename for member in members]
        found = _nearest(names)
        model = archive.read(found) if found else None
    faults = [f"{shown(member.filename)} in it is a link" for member in links]
    return Contents((*faults, *_name_faults(names)), model)


def _nearest(names: list[str]) -> str:
    """The `saved_model.pb` that lies nearest to the top; empty when there is none."""
    found = [name for name in names if name.rpartition("/")[2] == _MODEL]
    return min(found, key=lambda name: (name.count("/"), name), default="")


def _name_faults(names: list[str]) -> list[str]:
    faults = [
        f"{shown(name)} in it would leave the folder"
        for name in names
        if name.startswith("/") or "\\" in name or ".." in name.split("/")
    ]
    return faults if _nearest(names) else [*faults, f"it holds no {_MODEL}"]
