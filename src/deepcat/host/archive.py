"""Fetch a model's archive, hold it against its checksum, and unpack it without trusting it."""

from __future__ import annotations

import errno
import gzip
import hashlib
import http.client
import shutil
import tarfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast
from urllib.parse import urlsplit

from deepcat.host.failure import StepError
from deepcat.host.members import Members, of_tar, of_zip

MAX_ARCHIVE = 16 * 2**30
MAX_UNPACKED = 32 * 2**30
_CHUNK = 2**20
# No header of an honest archive is as long; a longer one would be read into memory whole.
_MAX_READ = 16 * 2**20
_BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, ValueError),
    *(KeyError, RuntimeError),
)
_NETWORK = (
    urllib.error.URLError,
    http.client.HTTPException,
    TimeoutError,
    ConnectionError,
    ValueError,
)


def fetch(source: str, sha256: str, folder: Path, target: Path) -> None:
    """Bring an archive to `target`, or fail and leave nothing there.

    Args:
        source: an https URL, or a POSIX path inside `folder`.
        sha256: what the archive must have; 64 hexadecimal digits.
        folder: the module's files.
        target: the file to write.

    Raises:
        StepError: not found, not reachable, too large, or another checksum.
    """
    if not sha256:
        raise _module("run/checksum", f"no checksum is given for `{source}`", "add its sha256")
    try:
        found = _download(source, target) if "://" in source else _copy(source, folder, target)
        if found != sha256:
            raise _module(
                "run/checksum",
                f"`{source}` has the sha256 {found}, but {sha256} was expected",
                "correct `sha256`, or bring back the archive that it was made from",
            )
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def unpack(archive: Path, target: Path, *, limit: int = MAX_UNPACKED) -> None:
    """Unpack a tar, tar.gz or zip archive into the folder `target`, whole or not at all.

    Only plain files and folders below `target` are taken.

    Raises:
        StepError: a member leaves the folder or is a link or device; too many or too large; no
            archive at all; no space left.
    """
    new = target.with_name(f".{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        with archive.open("rb") as raw:
            room = limit
            for name, size, stream in _members(raw):
                if size > room:
                    raise _unsafe("is too large when unpacked")
                room -= _write(new, name, stream, room)
        shutil.rmtree(target, ignore_errors=True)
        new.replace(target)
    except _BROKEN as error:
        raise _unsafe(f"cannot be read: {error}") from None
    except OSError as error:
        raise _no_space(error) from None
    finally:
        shutil.rmtree(new, ignore_errors=True)


def saved_model(folder: Path) -> Path:
    """The folder of the one SavedModel in an unpacked archive.

    Raises:
        StepError: there is none, or more than one.
    """
    found = sorted(folder.glob("saved_model.pb*")) or sorted(folder.rglob("saved_model.pb*"))
    parents = {path.parent for path in found}
    if len(parents) != 1:
        count = len(parents) or "no"
        raise _module(
            "run/archive",
            f"the archive holds {count} SavedModel{'s' if parents else ''}",
            "pack one folder that holds `saved_model.pb`",
        )
    return parents.pop()


def _members(raw: IO[bytes]) -> Iterator[tuple[str, int, IO[bytes] | None]]:
    """Each member's name, the size that it claims and its content; None for a folder.

    Raises:
        StepError: one is nothing that may be taken; none after it is looked at.
    """
    taken = Members()
    magic = raw.read(4)
    raw.seek(0)
    if magic[:2] == b"PK":
        with zipfile.ZipFile(raw) as zipped:
            for info in zipped.infolist():
                _require(taken.fault(info.filename, of_zip(info)))
                stream = None if info.is_dir() else zipped.open(info)
                yield info.filename, info.file_size, stream
        return
    stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if magic[:2] == b"\x1f\x8b" else raw
    with tarfile.open(fileobj=cast(Any, _Careful(stream)), mode="r:") as tar:
        for member in tar:
            _require(taken.fault(member.name, of_tar(member)))
            content = None if member.isdir() else tar.extractfile(member)
            yield member.name, member.size if content else 0, content
    # Its end must be there too, and soon: what follows the last member is padding.
    if len(stream.read(_MAX_READ)) == _MAX_READ:
        raise _unsafe("goes on after its end")


def _require(fault: str) -> None:
    if fault:
        raise _unsafe(fault)


class _Careful:
    """Reads, but never much at once."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek = stream.seek
        self.tell = stream.tell

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _MAX_READ:
            raise _unsafe("has a header of absurd length")
        return self._stream.read(size)


def _write(root: Path, name: str, stream: IO[bytes] | None, room: int) -> int:
    """Write one member; gives the bytes written."""
    path = root.joinpath(*PurePosixPath(name).parts)
    if stream is None:
        path.mkdir(parents=True, exist_ok=True)
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with stream, path.open("wb") as out:
        while chunk := stream.read(_CHUNK):
            written += len(chunk)
            if written > room:
                raise _unsafe("is too large when unpacked")
            out.write(chunk)
    return written


def _copy(source: str, folder: Path, target: Path) -> str:
    path = folder / source
    if not path.resolve().is_relative_to(folder.resolve()) or path.is_symlink():
        raise _module("run/archive", f"`{source}` leaves the module's folder", "name a file in it")
    try:
        with path.open("rb") as stream:
            return _pour(stream, target)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise _module(
            "run/archive", f"the module has no file `{source}`", "add it, or correct its name"
        ) from None


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> urllib.request.Request | None:
        url = str(args[-1])
        if urlsplit(url).scheme != "https":
            raise _module("run/source", f"`{url}` is no https address", "name one that is")
        return super().redirect_request(*args)


def _download(source: str, target: Path) -> str:
    if urlsplit(source).scheme != "https":
        raise _module("run/source", f"`{source}` is no https address", "name one that is")
    opener = urllib.request.build_opener(_OnlyHttps)
    try:
        with opener.open(source, timeout=60) as stream:
            return _pour(stream, target)
    except urllib.error.HTTPError as error:
        raise answered(source, error.code) from None
    except _NETWORK as error:
        message = f"`{source}` cannot be reached: {getattr(error, 'reason', error)}"
        raise StepError("cloud", "run/source", message, "try again, or another cloud") from None


def answered(source: str, status: int) -> StepError:
    """What an HTTP status in the place of a model means: a server that fails is the cloud's."""
    kind = "cloud" if status >= 500 else "module"
    message = f"`{source}` answered with {status}"
    return StepError(kind, "run/source", message, "see whether the address is right")


def _pour(stream: IO[bytes], target: Path) -> str:
    digest = hashlib.sha256()
    size = 0
    try:
        with target.open("wb") as out:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > MAX_ARCHIVE:
                    raise _unsafe("is too large")
                digest.update(chunk)
                out.write(chunk)
    except OSError as error:
        raise _no_space(error) from None
    return digest.hexdigest()


def _module(code: str, message: str, hint: str) -> StepError:
    return StepError("module", code, message, hint)


def _unsafe(why: str) -> StepError:
    return _module("run/archive", f"the model's archive {why}", "pack plain files and folders only")


def _no_space(error: OSError) -> OSError | StepError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        kind = "quota" if error.errno == errno.EDQUOT else "capacity"
        hint = "free some space, or choose another cloud"
        return StepError(kind, "run/disk-full", f"no space is left: {error.strerror}", hint)
    return error
