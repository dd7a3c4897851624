"""Fetch a model's archive, hold it against its checksum, and unpack it without trusting it."""

from __future__ import annotations

import errno
import gzip
import hashlib
import http.client
import json
import re
import shutil
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast
from urllib.parse import urlencode, urlsplit

from deepcat.host.digest import sha256_of
from deepcat.host.failure import StepError
from deepcat.host.members import POINTER, Members, of_tar, of_zip

MAX_ARCHIVE = 16 * 2**30
MAX_UNPACKED = 32 * 2**30
# What makes a folder a model, the first one first.
_MODELS = ("saved_model.pb*", "model.tflite")
_CHUNK = 2**20
_MOST_TOKEN = 2**16
_CHALLENGE = re.compile(r'([a-z]+)="([^"]*)"', re.I)
_TOKEN = re.compile(r"[!-~]+\Z")
# No header of an honest archive is as long; a longer one would be read into memory whole.
_MAX_READ = 16 * 2**20
_BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, ValueError),
    *(KeyError, RuntimeError),
)
# Where a model lies in a forge's Git LFS; the interface asks for its size, too.
_LFS = re.compile(r"(https://[^?#\s]+/info/lfs)/objects/([0-9a-f]{64})\?size=([0-9]{1,15})\Z")
_LFS_KIND = "application/vnd.git-lfs+json"
_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}\Z")
_NETWORK = (
    urllib.error.URLError,
    http.client.HTTPException,
    TimeoutError,
    ConnectionError,
    ValueError,
)


@dataclass(frozen=True)
class Most:
    """How much of an archive is taken.

    Attributes:
        size: bytes.
        wall_s: seconds; a source that sends a byte now and then would hold us for ever.
    """

    size: int = MAX_ARCHIVE
    wall_s: float = 24 * 3600


def fetch(source: str, sha256: str, folder: Path, target: Path, most: Most = Most()) -> None:
    """Bring an archive to `target`, or fail and leave nothing there.

    Args:
        source: an https URL, or a POSIX path inside `folder`.
        sha256: what the archive must have; 64 hexadecimal digits.
        folder: the module's files.
        target: the file to write.
        most: how much is taken.

    Raises:
        StepError: not found, not reachable, too large, too slow, or another checksum.
    """
    if not sha256:
        raise _module("run/checksum", f"no checksum is given for `{source}`", "add its sha256")
    try:
        if "://" in source:
            found = _download(source, target, most)
        else:
            with _opened(source, folder) as stream:
                found = _pour(stream, target, most)
        if found != sha256:
            raise _module(
                "run/checksum",
                f"`{source}` has the sha256 {found}, but {sha256} was expected",
                "correct `sha256`, or bring back the archive that it was made from",
            )
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def checksum(source: str, folder: Path) -> str:
    """The sha256 of an archive that came with the module; empty for one that lies elsewhere.

    Raises:
        StepError: it leaves the folder, or is not there.
    """
    if "://" in source:
        return ""
    with _opened(source, folder) as stream:
        return sha256_of(stream)


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


def model_folder(folder: Path) -> Path:
    """The folder of the one SavedModel in an unpacked archive, or else of its `model.tflite`.

    Raises:
        StepError: there is none, or more than one.
    """
    found = (folder.glob(f"**/{each}") for each in _MODELS)
    parents = next(filter(None, ({path.parent for path in paths} for paths in found)), set())
    if folder in parents:
        return folder
    if len(parents) != 1:
        count = len(parents) or "no"
        raise _module(
            "run/archive",
            f"the archive holds {count} SavedModel{'s' if parents else ''}",
            "pack one folder that holds `saved_model.pb`, or `model.tflite`",
        )
    return parents.pop()


def _members(raw: IO[bytes]) -> Iterator[tuple[str, int, IO[bytes] | None]]:
    """Each member's name, the size that it claims and its content; None for a folder.

    Raises:
        StepError: one is nothing that may be taken; none after it is looked at.
    """
    taken = Members()
    magic = raw.read(len(POINTER))
    raw.seek(0)
    if magic == POINTER:
        hint = "commit the file itself, or name its https address and checksum"
        message = "the model's archive is a pointer of Git LFS, and no archive"
        raise _module("run/archive", message, hint)
    if magic.startswith(b"PK"):
        with zipfile.ZipFile(raw) as zipped:
            for info in zipped.infolist():
                _require(taken.fault(info.filename, of_zip(info)))
                stream = None if info.is_dir() else zipped.open(info)
                yield info.filename, info.file_size, stream
        return
    stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if magic.startswith(b"\x1f\x8b") else raw
    with tarfile.open(fileobj=cast(Any, Careful(stream)), mode="r:") as tar:
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


class Careful:
    """Reads, but never much at once: a header of absurd length is no archive's.

    Args:
        stream: that can be sought.

    Raises:
        StepError: more is asked for, at each reading.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek = stream.seek
        self.tell = stream.tell

    def read(self, size: int) -> bytes:
        """So many bytes, or what is left."""
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


def _opened(source: str, folder: Path) -> BufferedReader:
    path = folder / source
    if not path.resolve().is_relative_to(folder.resolve()) or path.is_symlink():
        raise _module("run/archive", f"`{source}` leaves the module's folder", "name a file in it")
    try:
        return path.open("rb")
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


def _download(source: str, target: Path, most: Most) -> str:
    if urlsplit(source).scheme != "https":
        raise _module("run/source", f"`{source}` is no https address", "name one that is")
    opener = urllib.request.build_opener(_OnlyHttps)
    try:
        with _answer(opener, source) as stream:
            return _pour(stream, target, most)
    except urllib.error.HTTPError as error:
        error.close()
        raise answered(source, error.code) from None
    except _NETWORK as error:
        message = f"`{source}` cannot be reached: {getattr(error, 'reason', error)}"
        raise StepError("cloud", "run/source", message, "try again, or another cloud") from None


def _answer(opener: urllib.request.OpenerDirector, source: str) -> Any:
    """What a source gives; a registry that wants a token of everybody is told one of nobody's."""
    if match := _LFS.match(source):
        return opener.open(_of_lfs(opener, match[1], match[2], int(match[3])), timeout=60)
    try:
        return opener.open(source, timeout=60)
    except urllib.error.HTTPError as error:
        scheme, _, rest = (error.headers.get("WWW-Authenticate") or "").partition(" ")
        told = dict(_CHALLENGE.findall(rest))
        realm = told.get("realm", "")
        if error.code != 401 or scheme.lower() != "bearer" or not realm.startswith("https://"):
            raise
        error.close()
    asked = urlencode({each: told[each] for each in ("service", "scope") if each in told})
    with opener.open(f"{realm}{'&' if '?' in realm else '?'}{asked}", timeout=60) as stream:
        given = json.loads(stream.read(_MOST_TOKEN))
    token = given.get("token") or given.get("access_token") if isinstance(given, dict) else None
    if not isinstance(token, str) or not _TOKEN.match(token):
        raise ValueError(f"`{realm[:300]}` gives no token")
    request = urllib.request.Request(source)  # noqa: S310 - https, as `_download` has seen
    request.add_unredirected_header("Authorization", f"Bearer {token}")  # to nobody else
    return opener.open(request, timeout=60)


def _of_lfs(
    opener: urllib.request.OpenerDirector, root: str, oid: str, size: int
) -> urllib.request.Request:
    """What a forge's LFS says to ask for an object: an address, perhaps another one each time."""
    asked = {"operation": "download", "transfers": ["basic"], "hash_algo": "sha256"}
    content = json.dumps({**asked, "objects": [{"oid": oid, "size": size}]}).encode()
    headers = {"Accept": _LFS_KIND, "Content-Type": _LFS_KIND}
    url = f"{root}/objects/batch"
    request = urllib.request.Request(url, content, headers)  # noqa: S310 - https, by its form
    with opener.open(request, timeout=60) as stream:
        given = json.loads(stream.read(_MOST_TOKEN))
    try:
        (found,) = given["objects"]
        if "error" in found:
            raise answered(f"{root}/objects/{oid}", int(found["error"]["code"]))
        href, told = found["actions"]["download"]["href"], found["actions"]["download"]
        own = dict(told.get("header") or {})
        is_plain = all(_HEADER.match(name) and value.isprintable() for name, value in own.items())
        if urlsplit(href).scheme != "https" or not is_plain:
            raise ValueError
    except (KeyError, TypeError, AttributeError, ValueError):
        raise ValueError(f"`{root}` does not say where it lies") from None
    request = urllib.request.Request(href)  # noqa: S310 - https, as seen
    for name, value in own.items():
        request.add_unredirected_header(name, value)
    return request


def answered(source: str, status: int) -> StepError:
    """What an HTTP status in the place of a model means: a server that fails is the cloud's, and so
    is one that is asked too often."""
    kind = "cloud" if status >= 500 or status == 429 else "module"
    message = f"`{source}` answered with {status}"
    return StepError(kind, "run/source", message, "see whether the address is right")


def _pour(stream: Any, target: Path, most: Most) -> str:
    digest = hashlib.sha256()
    size, until = 0, time.monotonic() + most.wall_s
    try:
        with target.open("wb") as out:
            while chunk := stream.read1(_CHUNK):
                size += len(chunk)
                if size > most.size:
                    raise _unsafe("is too large")
                if time.monotonic() > until:
                    raise _unsafe(f"does not arrive within {most.wall_s:.0f} s")
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
