"""EDGE of the catalog: the files of a tree, from the disk or from a Git commit.

A path is always POSIX and relative to the catalog's root. Symbolic links are listed, never
followed.
"""

from __future__ import annotations

import os
import stat
import subprocess
import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import IO, Protocol

from deepcat.errors import DeepcatError

# Never part of a catalog, wherever they lie; the last three only at its root.
_JUNK = frozenset({".git", "__pycache__", ".ipynb_checkpoints", ".DS_Store"})
_ROOT_JUNK = _JUNK | {".deepcat", "_site", ".venv"}
_FORBIDDEN = _JUNK | {"", ".", ".."}
_FILES = frozenset({stat.S_IFREG, stat.S_IFLNK})
_PATH = attrgetter("path")
_FRESH_NS = 50_000_000
_GIT = ("git", "-c", "core.quotePath=false", "-c", "core.fsmonitor=false")


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One file.

    Attributes:
        path: POSIX, relative to the root.
        size: bytes; of a link, the length of its target's path.
        is_link: whether it is a symbolic link.
        stamp: changes whenever the content may have changed (Git's blob id, or size and times).
    """

    path: str
    size: int
    is_link: bool
    stamp: str


class Tree(Protocol):
    """A tree of files that can be read."""

    @property
    def commit(self) -> str:
        """The commit it is, or the one it is based on; empty outside Git."""

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        """All files below a folder, sorted by path; `.git`, `.deepcat` and `_site` are left out."""

    def read(self, path: str) -> bytes:
        """A file's content.

        Raises:
            FileNotFoundError: there is none, or it is a link, or the path leaves the root.
        """

    def size(self, path: str) -> int | None:
        """A file's bytes, without reading it; None where `read` would find none."""


def work_tree(root: Path) -> WorkTree:
    """The files as they lie on the disk now, without those that Git is told to ignore."""
    return WorkTree(root.resolve())


def git_tree(root: Path, commit: str) -> GitTree:
    """The files of a commit (any name that Git knows) of the repository that holds `root`.

    Raises:
        DeepcatError: there is no such commit, or no repository.
    """
    found = _git(
        root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}"
    )
    if not found:
        raise DeepcatError(
            f"there is no commit `{commit}` here",
            hint="name a branch, a tag or a commit of this repository",
            code="catalog/commit",
        )
    return GitTree(root.resolve(), found.decode().strip())


def begin_repository(root: Path) -> bool:
    """Make a folder a Git repository whose branch is `main`; whether Git could."""
    try:
        arguments = [*_GIT, "init", "--quiet", "--initial-branch=main", "."]
        done = subprocess.run(arguments, cwd=root, capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def git_setting(root: Path, key: str) -> str:
    """What Git's configuration says, such as `user.name`; empty when it says nothing."""
    return _git(root, "config", "--get", key).decode(errors="replace").strip()


class WorkTree:
    """A `Tree` of the disk. Its entries are read anew on each call."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._start = f"{root}/"
        self._real: set[str] = set()

    @cached_property
    def commit(self) -> str:
        """The commit that is checked out; empty outside Git or before the first commit."""
        return _git(self.root, "rev-parse", "--verify", "--quiet", "HEAD").decode().strip()

    @cached_property
    def is_changed(self) -> bool:
        """Whether what a plan reads differs from the commit that is checked out."""
        if not self.commit:
            return True
        parts = ("deepcat.yaml", "modules", "clouds", "deployments")
        arguments = ("--porcelain", "--untracked-files=all", "-z", "--", *parts)
        return bool(_git(self.root, "status", *arguments))

    @cached_property
    def _ignored(self) -> frozenset[str]:
        """Files and folders that Git is told to ignore, relative to the root."""
        arguments = ("--others", "--ignored", "--exclude-standard", "--directory", "-z")
        listing = _git(self.root, "ls-files", *arguments)
        return frozenset(os.fsdecode(name).rstrip("/") for name in listing.split(b"\0") if name)

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        """All files below a folder, sorted by path."""
        under = _clean(under) if under else ""
        if under and self._is_hidden(under):
            return ()
        return tuple(sorted(self._walk(under), key=_PATH))

    def _walk(self, under: str) -> Iterator[Entry]:
        ignored = self._ignored
        fresh = time.time_ns() - _FRESH_NS
        pending = [under]
        while pending:
            folder = pending.pop()
            prefix = f"{folder}/" if folder else ""
            junk = _JUNK if folder else _ROOT_JUNK
            try:
                listing = os.scandir(f"{self._start}{folder}")
            except OSError:  # gone meanwhile, or not ours to read
                continue
            with listing:
                for item in listing:
                    path = prefix + item.name
                    if item.name in junk or path in ignored:
                        continue
                    if item.is_dir(follow_symlinks=False):
                        self._real.add(path)
                        pending.append(path)
                    elif entry := _entry(path, item, fresh):
                        yield entry

    def read(self, path: str) -> bytes:
        """A file's content."""
        folder = _clean(path).rpartition("/")[0]
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
            folder = _clean(path).rpartition("/")[0]
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
    stamp = f"{facts.st_size}-{changed}-{facts.st_ctime_ns}-{facts.st_ino}"
    if changed > fresh:
        # The clock's grain hides a second change at the same instant, so this stamp is for once.
        stamp += f"-{time.time_ns()}"
    return Entry(path, facts.st_size, kind == stat.S_IFLNK, stamp)


class GitTree:
    """A `Tree` of one commit; reads blobs through one `git cat-file --batch`."""

    def __init__(self, root: Path, commit: str) -> None:
        self.root = root
        self.commit = commit
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    @cached_property
    def _listing(self) -> dict[str, Entry]:
        listing = _git(self.root, "ls-tree", "-r", "-l", "-z", self.commit)
        found = {}
        for line in listing.split(b"\0"):
            facts, _, name = line.partition(b"\t")
            fields = facts.decode().split()
            if len(fields) != 4 or fields[1] != "blob":
                continue
            path = os.fsdecode(name)
            parts = path.split("/")
            if parts[0] in _ROOT_JUNK or not _JUNK.isdisjoint(parts):
                continue
            found[path] = Entry(path, int(fields[3]), fields[0] == "120000", fields[2])
        return dict(sorted(found.items()))

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        """All files below a folder, sorted by path."""
        if not under:
            return tuple(self._listing.values())
        prefix = _clean(under) + "/"
        return tuple(entry for path, entry in self._listing.items() if path.startswith(prefix))

    def read(self, path: str) -> bytes:
        """A file's content."""
        entry = self._listing.get(_clean(path))
        if entry is None or entry.is_link:
            raise FileNotFoundError(path)
        requests, answers = self._batch()
        requests.write(f"{entry.stamp}\n".encode())
        requests.flush()
        header = answers.readline().split()
        if len(header) != 3:
            raise FileNotFoundError(path)
        return answers.read(int(header[2]) + 1)[:-1]

    def size(self, path: str) -> int | None:
        """A file's bytes, without reading it."""
        try:
            entry = self._listing.get(_clean(path))
        except FileNotFoundError:
            return None
        return None if entry is None or entry.is_link else entry.size

    def _batch(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None or self._owner != os.getpid():
            self._process = subprocess.Popen(
                [*_GIT, "cat-file", "--batch"],
                cwd=self.root,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            self._owner = os.getpid()
            weakref.finalize(self, _close, self._process, self._owner)
        assert self._process.stdin  # noqa: S101 - asked for above
        assert self._process.stdout  # noqa: S101 - asked for above
        return self._process.stdin, self._process.stdout


def _close(process: subprocess.Popen[bytes], owner: int) -> None:
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()
    if owner == os.getpid():
        process.wait()


def _git(root: Path, *arguments: str) -> bytes:
    """What a Git command prints; empty when it fails or Git is missing."""
    try:
        done = subprocess.run([*_GIT, *arguments], cwd=root, capture_output=True, check=False)
    except OSError:
        return b""
    return done.stdout if done.returncode == 0 else b""


def _clean(path: str) -> str:
    """The path itself, where it stays below the root and names nothing that is left out.

    Raises:
        FileNotFoundError: it is absolute, or holds `.`, `..`, an empty part, a NUL or junk.
    """
    parts = path.rstrip("/").split("/")
    if "\0" in path or parts[0] in _ROOT_JUNK or not _FORBIDDEN.isdisjoint(parts):
        raise FileNotFoundError(path)
    return "/".join(parts)
