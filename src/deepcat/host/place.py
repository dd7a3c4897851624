"""The folder on a host that holds all of one deployment, and what is written down in it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat.host.failure import StepError
from deepcat.host.private import MOST_BYTES, parse
from deepcat.host.taking_away import take_away

OWNER = "owner.json"
STATE = "state.json"
PRIVATE = "private"
MOST_STATE = 16_777_216
TAIL = 4000


def is_place(path: str) -> bool:
    """Whether a deployment lies there on this machine, by its owner tag."""
    return bool(path) and Path(path, OWNER).is_file()


@dataclass(frozen=True)
class Place:
    """One deployment's folder; its parent holds all deployments of a catalog on this host."""

    folder: Path

    @property
    def name(self) -> str:
        """The deployment's name."""
        return self.folder.name

    @property
    def state(self) -> dict[str, Any]:
        """What was written down last; empty when nothing was."""
        return read_json(self.folder / STATE)

    @property
    def owner(self) -> dict[str, Any]:
        """The owner tag: whose this is, as the record says it."""
        return read_json(self.folder / OWNER)

    @property
    def private(self) -> dict[str, str]:
        """Name -> address of what not everybody may know; it is read here and leaves no trace."""
        path = self.folder / PRIVATE
        if path.is_symlink() or not path.is_file():
            return {}
        with path.open(encoding="utf-8", errors="replace") as stream:
            return parse(stream.read(MOST_BYTES))

    def save(self, state: dict[str, Any]) -> None:
        """Write the state down, whole or not at all."""
        write_json(self.folder / STATE, state)

    def tag(self, owner: dict[str, Any]) -> None:
        """Write the owner tag, whole or not at all."""
        write_json(self.folder / OWNER, owner)

    @property
    def is_begun(self) -> bool:
        """Whether a run took it; else nothing lies there but what was brought for one."""
        return any((self.folder / name).exists() for name in (STATE, OWNER))

    def require(self, run: str) -> dict[str, Any]:
        """The state, if it still belongs to this run.

        Raises:
            StepError: a newer run has taken over.
        """
        state = self.state
        if state.get("run") != run:
            raise StepError(
                "cloud",
                "run/superseded",
                f"another run has taken over `{self.name}`",
                "see `deepcat records log`",
            )
        return state

    def remove(self) -> None:
        """Delete the folder."""
        if self.folder.is_dir():
            take_away(self.folder)


def places(local: Path) -> tuple[Place, ...]:
    """All deployments of a catalog on this host, by name."""
    if not local.is_dir():
        return ()
    names = sorted(entry.name for entry in local.iterdir() if entry.is_dir())
    return tuple(Place(local / name) for name in names if not name.startswith("."))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file that may be deleted by whoever holds it."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            continue  # the folder went between the two lines above
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_still(path, handle):
                yield
                return
        finally:
            os.close(handle)


def _is_still(path: Path, handle: int) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return there.st_ino == os.fstat(handle).st_ino


def open_up(folder: Path) -> None:
    """Let the own user of a box read a folder with all below it; links are not followed."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file; empty when there is no such file or it was cut off."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_STATE + 1)
        data = json.loads(content) if len(content) <= MOST_STATE else {}
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def write_json(path: Path, data: Any, *, makes: bool = True) -> None:
    """Write a file whole or not at all, so that a power cut leaves the old or the new one.

    Args:
        path: the file.
        data: what it holds then.
        makes: whether its folder is made.

    Raises:
        FileNotFoundError: there is no such folder, and it is not to be made.
    """
    if makes:
        path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    with new.open("w") as stream:
        json.dump(data, stream, indent=1, sort_keys=True)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(path)


def tail(log: Path, size: int = TAIL) -> str:
    """The end of a log."""
    try:
        with log.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - size))
            return stream.read().decode(errors="replace")
    except OSError:
        return ""
