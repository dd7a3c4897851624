"""EDGE of the catalog: the files as they lie on the disk."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from pathlib import Path

from deepcat import git
from deepcat.catalog.reading.listing import BY_PATH, JUNK, ROOT_JUNK, SETTLED, clean, folders
from deepcat.catalog.reading.tree import Entry, Outline

_FILES = frozenset({stat.S_IFREG, stat.S_IFLNK})
_FRESH_NS = 50_000_000
_STATUS = (
    "status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal",
    "--ignored=matching", "--ignore-submodules=all", "--", ".",
)  # fmt: skip


class WorkTree:
    """A `Tree` of the disk. Its entries are read anew on each call."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._start = f"{root}/"
        self._real: set[str] = set()
        self._asked: tuple[bytes, git.Answer, git.Answer] | None = None
        self._asked_at = 0

    @cached_property
    def commit(self) -> str:
        """The commit that is checked out; empty outside Git or before the first commit."""
        return git.says(self.root, "rev-parse", "--verify", "--quiet", "HEAD").decode().strip()

    @cached_property
    def is_changed(self) -> bool:
        """Whether what a plan reads differs from the commit that is checked out."""
        if not self.commit:
            return True
        parts = ("deepcat.yaml", "modules", "clouds", "datasets", "deployments")
        arguments = ("--porcelain", "--untracked-files=all", "-z", "--", *parts)
        return bool(git.says(self.root, "status", *arguments))

    def ask_ahead(self) -> None:
        """Let Git look for changes from now on, while this process does something else."""
        self._asked = self._asked or self._ask()

    def _ask(self) -> tuple[bytes, git.Answer, git.Answer]:
        """The commit that is checked out; what differs from it; its modules."""
        self._asked_at = time.time_ns()
        commit = git.says(self.root, "rev-parse", "HEAD")
        committed = git.Answer(self.root, "ls-tree", "-z", "HEAD", "--", f"{SETTLED}/")
        return commit, git.Answer(self.root, *_STATUS), committed

    @cached_property
    def _place(self) -> tuple[str, str]:
        """The root's path in the repository; the file that tells what is not checked out."""
        arguments = ("--show-prefix", "--git-path", "info/sparse-checkout")
        lines = os.fsdecode(git.says(self.root, "rev-parse", *arguments)).split("\n")
        return (lines[0], lines[1]) if len(lines) == 3 else ("", "")

    def _rows(self, status: git.Answer) -> list[tuple[str, str]]:
        """How each thing differs (`XY`, as Git says it), and its path relative to the root."""
        start = len(self._place[0]) + 3
        listing = os.fsdecode(status.take()).split("\0")
        return [(row[:2], row[start:].rstrip("/")) for row in listing if row]

    @cached_property
    def _ignored(self) -> frozenset[str]:
        """Files and folders that Git is told to ignore, relative to the root."""
        return _ignored(self._rows(git.Answer(self.root, *_STATUS)))

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        """All files below a folder, sorted by path."""
        under = clean(under) if under else ""
        if under and self._is_hidden(under):
            return ()
        return tuple(sorted(self._walk(under), key=BY_PATH))

    def outline(self, under: str) -> Outline:
        """What lies below a folder; what Git knows to be as committed is not looked into."""
        settled = self._settled(under)
        if not settled:
            return Outline({}, self.entries(under))
        self._real.update((under, *(f"{under}/{name}" for name in settled)))
        return Outline(settled, tuple(sorted(self._walk(under, settled), key=BY_PATH)))

    def _settled(self, under: str) -> dict[str, str]:
        """Folders right below one that are as the commit has them: name -> tree's hash."""
        if under != SETTLED or self._is_hidden(under):
            return {}
        before, status, committed = self._asked or self._ask()
        self._asked = None
        rows = self._rows(status)
        self.__dict__["_ignored"] = _ignored(rows)
        known = folders(committed.take())
        if not known or (self.root / self._place[1]).is_file():
            return {}
        for _, path in rows:
            parts = path.split("/", 2)
            if parts[0] == under:
                known.pop(parts[1], None) if len(parts) > 1 else known.clear()
        # Somebody may have committed while Git was looking.
        return known if git.says(self.root, "rev-parse", "HEAD") == before else {}

    def is_steady(self, entries: Iterable[Entry]) -> bool:
        """Whether none of the files changed since Git was asked what differs."""
        try:
            return all(
                os.lstat(f"{self._start}{entry.path}").st_ctime_ns < self._asked_at
                for entry in entries
            )
        except OSError:
            return False

    def _walk(self, under: str, without: Collection[str] = ()) -> Iterator[Entry]:
        """The files below a folder; of those right below it, some can be left out."""
        ignored = self._ignored
        fresh = time.time_ns() - _FRESH_NS
        pending = [under]
        while pending:
            folder = pending.pop()
            prefix = f"{folder}/" if folder else ""
            junk = JUNK if folder else ROOT_JUNK
            try:
                listing = os.scandir(f"{self._start}{folder}")
            except OSError:  # gone meanwhile, or not ours to read
                continue
            with listing:
                for item in listing:
                    path = prefix + item.name
                    if item.name in junk or path in ignored:
                        continue
                    if folder == under and item.name in without:
                        continue
                    if item.is_dir(follow_symlinks=False):
                        self._real.add(path)
                        pending.append(path)
                    elif entry := _entry(path, item, fresh):
                        yield entry

    def read(self, path: str) -> bytes:
        """A file's content."""
        folder = clean(path).rpartition("/")[0]
        if folder and self._is_hidden(folder):
            raise FileNotFoundError(path)
        try:
            handle = os.open(f"{self._start}{path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise FileNotFoundError(path) from error
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise FileNotFoundError(path)
        with os.fdopen(handle, "rb", buffering=0) as stream:
            return stream.readall()

    def size(self, path: str) -> int | None:
        """A file's bytes, without reading it."""
        try:
            folder = clean(path).rpartition("/")[0]
            if folder and self._is_hidden(folder):
                return None
            facts = os.lstat(self.root / path)
        except OSError:
            return None
        return facts.st_size if stat.S_ISREG(facts.st_mode) else None

    def _is_hidden(self, folder: str) -> bool:
        """Whether a folder is none, or is reached through a link."""
        if folder in self._real:
            return False
        parts = folder.split("/")
        for end in range(1, len(parts) + 1):
            try:
                mode = os.lstat(self.root / "/".join(parts[:end])).st_mode
            except OSError:
                return True
            if not stat.S_ISDIR(mode):
                return True
        self._real.add(folder)
        return False


def _entry(path: str, item: os.DirEntry[str], fresh: int) -> Entry | None:
    try:
        facts = item.stat(follow_symlinks=False)
    except OSError:  # gone since it was listed
        return None
    kind = facts.st_mode & 0o170000
    if kind not in _FILES:
        return None
    changed = facts.st_mtime_ns
    fingerprint = f"{facts.st_size}-{changed}-{facts.st_ctime_ns}-{facts.st_ino}"
    if changed > fresh:
        # The clock's grain hides a second change at the same instant: this one is for once.
        fingerprint += f"-{time.time_ns()}"
    return Entry(path, facts.st_size, kind == stat.S_IFLNK, fingerprint)


def _ignored(rows: Iterable[tuple[str, str]]) -> frozenset[str]:
    return frozenset(path for kind, path in rows if kind == "!!")
