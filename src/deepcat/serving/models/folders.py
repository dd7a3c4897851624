"""The model folders on disk: their versions, and what lies in each at this moment."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.serving.contract.layout import BATCHING, GRAPH, GRAPHS, INDEX
from deepcat.serving.contract.policy import version_numbers

if TYPE_CHECKING:
    from deepcat.serving.models.whole import Lack

# What loading reads, by the first part of its path.
_READ = (*GRAPHS, "variables", "assets", "assets.extra", BATCHING)
# Files that say by themselves whether they are whole, or are held against such.
_SURE = (GRAPH, "variables/", BATCHING)
_MOST_FILES = 10_000
# So small a file is read at every look: a file system may say that nothing changed when it did.
_SMALL = 64 << 10
# Of a file that is larger than this, parts are read.
_LARGE = 64 << 20
_PART = 256 << 10
# Of a larger index the entries are not read: they are too many.
_MOST_INDEX = 8 << 20


def version_folders(base: Path) -> dict[int, Path]:
    """Version -> its folder, as `found_versions`."""
    return found_versions(base)[0]


def found_versions(base: Path) -> tuple[dict[int, Path], str]:
    """Version -> its folder, and why there are none; a SavedModel itself is version 1.

    Links are followed now, so that one that is switched meanwhile still leads to the old place.
    """
    base = Path(os.path.realpath(base))
    try:
        if any((base / graph).is_file() for graph in GRAPHS):
            return {1: base}, ""
        names = [entry.name for entry in base.iterdir() if entry.is_dir()]
    except OSError as error:
        return {}, f"its folder cannot be read ({error.strerror})"
    found = version_numbers(names).items()
    folders = {number: Path(os.path.realpath(base / name)) for number, name in found}
    return folders, "" if folders else "its folder holds no version, such as `1`"


@dataclass(frozen=True, slots=True)
class Look:
    """What lay in a version's folder when it was looked at.

    Attributes:
        content: of the files that loading reads; times do not count.
        stamp: the same with sizes, times and what hides, so that it moves while files are written.
        lacking: what is lacking, in words; empty when it may be loaded.
        sure: whether every file is known to be whole by what is in it.
        still_s: seconds for which the stamp has been seen unchanged.
    """

    content: bytes
    stamp: bytes
    lacking: str = ""
    sure: bool = True
    still_s: float = 0.0


_State = tuple[int, int, int, int]


@dataclass(slots=True)
class _Memory:
    """What was seen of a folder before."""

    look: Look
    since: float
    # path -> what the file system said of the file, and the digest of its content.
    files: dict[str, tuple[_State, bytes]] = field(default_factory=dict)


class Looks:
    """Looks at folders, and remembers of each what it saw last."""

    def __init__(self) -> None:
        self._known: dict[Path, _Memory] = {}

    def look(self, folder: Path) -> Look:
        """Look at a version's folder."""
        now = time.monotonic()
        known = self._known.get(folder)
        states = dict(sorted(_states(folder)))
        before = known.files if known else {}
        files = {
            path: (state, _digest(folder / path, state, before.get(path)))
            for path, state in states.items()
            if not path.rpartition("/")[2].startswith(".")
        }
        stamp = _hash(repr(states).encode(), *(digest for _, digest in files.values()))
        if known is not None and known.look.stamp == stamp:
            still_s = now - known.since
            known.look = Look(
                known.look.content, stamp, known.look.lacking, known.look.sure, still_s
            )
            return known.look
        content = _hash(
            *(f"{path}\0{files[path][0][0]}\0".encode() + files[path][1] for path in files)
        )
        if known is not None and known.look.content == content:
            look = Look(content, stamp, known.look.lacking, known.look.sure)
        else:
            found = _lacks(folder, {path: state[0] for path, state in states.items()})
            first = next((each.message for each in found), "")
            look = Look(content, stamp, first, all(map(_sure, files)))
        self._known[folder] = _Memory(look, now, files)
        return look

    def forget(self, kept: set[Path]) -> None:
        """Forget all folders but these."""
        for folder in self._known.keys() - kept:
            del self._known[folder]


def _sure(path: str) -> bool:
    return path.startswith(_SURE)


def _states(folder: Path) -> Iterator[tuple[str, _State]]:
    left = _MOST_FILES
    pending = [""]
    while pending:
        inside = pending.pop()
        try:
            entries = list(os.scandir(folder / inside))
        except OSError:
            continue
        for entry in entries:
            path = inside + entry.name
            if not inside and entry.name not in _READ and not entry.name.startswith("."):
                continue
            try:
                state = entry.stat()
            except OSError:
                continue
            if stat.S_ISDIR(state.st_mode) and not entry.name.startswith("."):
                pending.append(f"{path}/")
            elif left and not stat.S_ISDIR(state.st_mode):
                left -= 1
                yield path, (state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)


def _digest(path: Path, state: _State, before: tuple[_State, bytes] | None) -> bytes:
    """Of a file's content; as before, where it is not small and its state is unchanged."""
    if before is not None and before[0] == state and state[0] > _SMALL:
        return before[1]
    try:
        with path.open("rb") as file:
            if state[0] <= _LARGE:
                return hashlib.file_digest(file, "blake2b").digest()
            parts = []
            for part in range(65):
                file.seek((state[0] - _PART) * part // 64)
                parts.append(file.read(_PART))
            return _hash(*parts)
    except OSError as error:
        return str(error).encode()


def lacks(folder: Path) -> Iterator[Lack]:
    """What a version's folder is known to lack, as it lies there now."""
    return _lacks(folder, {path: state[0] for path, state in _states(folder)})


def _lacks(folder: Path, sizes: Mapping[str, int]) -> Iterator[Lack]:
    # Who asks for versions alone, as the server's start does, needs no messages of TensorFlow.
    from deepcat.serving.models.whole import lacks

    index = _read(folder / INDEX) if sizes.get(INDEX, 0) <= _MOST_INDEX else None
    return lacks(sizes, _read(folder / GRAPH), index)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _hash(*parts: bytes) -> bytes:
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        found.update(len(part).to_bytes(8, "little") + part)
    return found.digest()
