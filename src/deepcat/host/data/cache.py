"""EDGE of the host: data by the name of its content, whole or not there; shared, and swept.

What is there is read-only and has the checksums that its name stands for. What is on its way lies
in a folder of its own, which outlives a cut and is never shown to anybody.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from deepcat.host.data.manifest import Manifest, Piece
from deepcat.host.data.part import folder_of, opened, part_of
from deepcat.host.data.web import Allowed, changed, summed
from deepcat.host.failure import StepError
from deepcat.host.place import locked
from deepcat.host.taking_away import away

_What = TypeVar("_What")

# Beside the deployments, whose names begin with no dot.
FOLDER = ".data"
MOST_BYTES = 100 << 30
_LEFT, _CHUNK, _AT_ONCE = 64 << 20, 1 << 20, 8


@dataclass(frozen=True)
class Data:
    """One data set, as far as a host has to know it.

    Attributes:
        manifest: its files.
        bytes: of all files together; no more is taken.
    """

    manifest: Manifest
    bytes: int


# Brings one file to a path, proved, from which the cache takes it; gives the bytes that were sent.
# It is called from several threads.
Bring = Callable[[Piece, Path], int]


@dataclass(frozen=True)
class Staged:
    """What staging did.

    Attributes:
        path: the folder of the data.
        sent: bytes that had to come; 0 where the data was there.
    """

    path: Path
    sent: int


def path_of(cache: Path, digest: str) -> Path:
    """Where data lies once it is there."""
    return cache / digest


def staged(cache: Path, data: Data, bring: Bring) -> Staged:
    """The data, which is there then.

    Args:
        cache: the folder of all data on this machine.
        data: what is wanted.
        bring: called for each file that is not there yet.

    Raises:
        StepError: there is no room (``data/space``), something else lies where it is brought
            (``data/part``), or as `bring` raises.
    """
    digest = data.manifest.digest
    target = path_of(cache, digest)
    with locked(cache / f".{digest}.lock"):
        if target.is_dir():
            os.utime(target)
            return Staged(target, 0)
        draft = folder_of(target)
        # Each file may come as large as all of them are said to be.
        fitting = _require_room(cache, data, draft) // max(1, data.bytes)
        try:
            sent = _all(data.manifest.pieces, draft, bring, max(1, min(_AT_ONCE, fitting)))
        except OSError as error:
            raise _full(error) from None
        _seal(draft, data)
        draft.replace(target)
        (cache / f".{digest}.lock").unlink(missing_ok=True)
        return Staged(target, sent)


def copied(source: Path, piece: Piece, target: Path, most: int) -> int:
    """Bring a file of this machine: the very bytes that are held against the checksum.

    Args:
        source: the file; no link is followed to it.
        piece: what it must be.
        target: where it lies then.
        most: bytes; more is not taken.

    Raises:
        StepError: it is no plain file, another one, or too large (``data/…``).
    """
    known, size = hashlib.sha256(), 0
    draft = part_of(target)
    try:
        handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _lacks(piece, error.strerror or "") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _lacks(piece, "it is no plain file")
    with os.fdopen(handle, "rb") as stream, opened(draft, goes_on=False) as out:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > most:
                message = f"{piece.path[:80]!r} is larger than the {most} bytes that are told"
                raise StepError("module", "data/size", message, "correct the data set's `bytes`")
            known.update(chunk)
            out.write(chunk)
    if known.hexdigest() != piece.sha256:
        draft.unlink()
        raise changed(piece.path, known.hexdigest(), piece.sha256)
    draft.replace(target)
    return size


def within(path: str, allowed: Allowed) -> Path:
    """A path of this machine, where the catalog's owners let data be read.

    Raises:
        StepError: it is not below any folder that they name (``data/folder``).
    """
    real = Path(os.path.realpath(path))
    for folder in allowed.folders:
        if real.is_relative_to(os.path.realpath(folder)):
            return real
    message = f"no data may be read from `{path[:300]}`"
    hint = "let the catalog's owners name its folder: `allowed_data: {folders: […]}`"
    raise StepError("module", "data/folder", message, hint)


def held(cache: Path) -> list[tuple[str, int, float]]:
    """What lies there: the name, its bytes, when it was used last; the oldest first."""
    found = []
    for path in cache.iterdir() if cache.is_dir() else ():
        name = path.name
        if path.is_dir() and len(name) == 64:
            found.append((name, _bytes(path), path.stat().st_mtime))
    return sorted(found, key=lambda each: each[2])


def swept(cache: Path, named: Collection[str], most: int = MOST_BYTES) -> list[str]:
    """Delete what nobody names, the oldest first, until no more than `most` bytes are left.

    Args:
        cache: the folder of all data.
        named: names of data that somebody uses or is about to.
        most: bytes of what may stay.

    Returns:
        The names of what went.
    """
    for path in cache.glob(".*.gone") if cache.is_dir() else ():
        away(path)  # who swept it was killed
    known = held(cache)
    total, gone = sum(size for _, size, _ in known), []
    for name, size, _ in known:
        if total <= most:
            break
        if name not in named:
            # In one step, so that nobody finds a part of it.
            leaves = cache / f".{name}.gone"
            with suppress(OSError):
                path_of(cache, name).replace(leaves)
                away(leaves)
                total -= size
                gone.append(name)
    if most == 0:
        for path in cache.glob(".*.part") if cache.is_dir() else ():
            if path.name[1:-5] not in named:
                away(path)
    if not named and cache.is_dir() and not held(cache) and most == 0:
        away(cache)
    return gone


def _all(pieces: Sequence[Piece], draft: Path, bring: Bring, at_once: int) -> int:
    """Bring the files that are not there yet, some side by side."""
    # What has its name was proved, but it may be older than a crash of the machine.
    is_new = not any(draft.iterdir())
    for folder in {each.path.rpartition("/")[0] for each in pieces}:
        (draft / folder).mkdir(parents=True, exist_ok=True)

    def brought(piece: Piece) -> int:
        target = draft / piece.path
        return 0 if not is_new and _is_there(target, piece) else bring(piece, target)

    return _side_by_side(brought, pieces, at_once)


def _side_by_side(do: Callable[[_What], int], what: Iterable[_What], at_once: int) -> int:
    """The sum of what is done with each, some at once; nothing more is begun once one fails.

    Each thread takes the next by itself: to hand them out costs as much as a small file.
    """
    left = iter(tuple(what))

    def some() -> int:
        try:
            return sum(map(do, left))
        except BaseException:
            deque(left, maxlen=0)
            raise

    with ThreadPoolExecutor(at_once) as pool:
        try:
            return sum(each.result() for each in [pool.submit(some) for _ in range(at_once)])
        except BaseException:
            deque(left, maxlen=0)
            raise


def _is_there(path: Path, piece: Piece) -> bool:
    """Whether a file came before, and is what it must be."""
    return path.is_file() and not path.is_symlink() and summed(path).hexdigest() == piece.sha256


def _seal(draft: Path, data: Data) -> None:
    """Let nobody change it, and hold it against what the data set says of all of it."""
    wanted = {f"{draft}/{each.path}" for each in data.manifest.pieces}
    total = 0
    for folder, _, names in os.walk(draft, topdown=False):
        for path in (Path(folder, name) for name in names):
            if str(path) in wanted:
                known = path.stat()
                total += known.st_size
                if stat.S_IMODE(known.st_mode) != 0o444:
                    path.chmod(0o444)
            else:
                path.unlink()
        if folder != str(draft):
            Path(folder).chmod(0o555)
    if total > data.bytes:
        message = f"the data has {total} bytes, and its data set says {data.bytes}"
        raise StepError("module", "data/size", message, "correct the data set's `bytes`")
    draft.chmod(0o555)
    _settle(wanted)


def _settle(files: Iterable[str]) -> None:
    """See that files lie on the disk, before a name says so; side by side, for each waits."""
    _side_by_side(_settled, files, _AT_ONCE)


def _settled(file: str) -> int:
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return 0


def room(folder: Path) -> int:
    """Bytes that data may take on the disk of a folder."""
    return max(0, shutil.disk_usage(folder).free - _LEFT)


def _require_room(cache: Path, data: Data, draft: Path) -> int:
    free = room(cache)
    if data.bytes - _bytes(draft) > free:
        message = f"the data has {_size(data.bytes)}, and there is room for {_size(free)}"
        hint = "free some space there (`deepcat data gc`), or choose another cloud"
        raise StepError("capacity", "data/space", message, hint)
    return free


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def _bytes(folder: Path) -> int:
    files: Iterable[Path] = folder.rglob("*")
    return sum(path.lstat().st_size for path in files if not path.is_dir())


def _lacks(piece: Piece, why: str) -> StepError:
    message = f"the file {piece.path[:80]!r} of the data cannot be read: {why}"
    return StepError(
        "module", "data/source", message, "see whether the data set's address is right"
    )


def _full(error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        message = f"no space is left for the data: {error.strerror}"
        return StepError(
            "capacity", "data/space", message, "free some space, or choose another cloud"
        )
    return error
