"""EDGE of the catalog: the files of a tree, from the disk or from a Git commit.

A path is always POSIX and relative to the catalog's root. Symbolic links are listed, never
followed.
"""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
import time
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
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
# The folder that grows: each of its folders is known by the hash that Git has for it.
_SETTLED = "modules"
# So many parts of a commit are listed one by one.
_FEW_PARTS = 24
_STATUS = (
    "status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal", "--ignored",
    "--ignore-submodules=all", "--", ".",
)  # fmt: skip
_GIT = ("git", "-c", "core.quotePath=false", "-c", "core.fsmonitor=false")


@dataclass(frozen=True, slots=True)
class Outline:
    """What lies below a folder, without a look into folders that Git vouches for.

    Attributes:
        settled: folders right below, by name, whose whole content Git has by the hash given here.
        entries: the files of everything else, sorted by path.
    """

    settled: Mapping[str, str]
    entries: tuple[Entry, ...]


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


def outline(tree: Tree, under: str) -> Outline:
    """What lies below a folder; each file, where the tree is none of Git's."""
    if isinstance(tree, WorkTree | GitTree):
        return tree.outline(under)
    return Outline({}, tree.entries(under))


def ask_ahead(tree: Tree) -> None:
    """Let Git begin to look for what changed, before `outline` needs to know."""
    if isinstance(tree, WorkTree):
        tree.ask_ahead()


def is_steady(tree: Tree, entries: Iterable[Entry]) -> bool:
    """Whether files of a settled folder, just read, are what Git vouched for."""
    return not isinstance(tree, WorkTree) or tree.is_steady(entries)


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
        self._asked: tuple[bytes, _Answer, _Answer] | None = None
        self._asked_at = 0

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

    def ask_ahead(self) -> None:
        """Let Git look for changes from now on, while this process does something else."""
        self._asked = self._asked or self._ask()

    def _ask(self) -> tuple[bytes, _Answer, _Answer]:
        """The commit that is checked out; what differs from it; its modules."""
        self._asked_at = time.time_ns()
        commit = _git(self.root, "rev-parse", "HEAD")
        committed = _Answer(self.root, "ls-tree", "-z", "HEAD", "--", f"{_SETTLED}/")
        return commit, _Answer(self.root, *_STATUS), committed

    @cached_property
    def _place(self) -> tuple[str, str]:
        """The root's path in the repository; the file that tells what is not checked out."""
        arguments = ("--show-prefix", "--git-path", "info/sparse-checkout")
        lines = os.fsdecode(_git(self.root, "rev-parse", *arguments)).split("\n")
        return (lines[0], lines[1]) if len(lines) == 3 else ("", "")

    def _rows(self, status: _Answer) -> list[tuple[str, str]]:
        """How each thing differs (`XY`, as Git says it), and its path relative to the root."""
        start = len(self._place[0]) + 3
        listing = os.fsdecode(status.take()).split("\0")
        return [(row[:2], row[start:].rstrip("/")) for row in listing if row]

    @cached_property
    def _ignored(self) -> frozenset[str]:
        """Files and folders that Git is told to ignore, relative to the root."""
        return _ignored(self._rows(_Answer(self.root, *_STATUS)))

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        """All files below a folder, sorted by path."""
        under = _clean(under) if under else ""
        if under and self._is_hidden(under):
            return ()
        return tuple(sorted(self._walk(under), key=_PATH))

    def outline(self, under: str) -> Outline:
        """What lies below a folder; what Git knows to be as committed is not looked into."""
        settled = self._settled(under)
        if not settled:
            return Outline({}, self.entries(under))
        self._real.update((under, *(f"{under}/{name}" for name in settled)))
        return Outline(settled, tuple(sorted(self._walk(under, settled), key=_PATH)))

    def _settled(self, under: str) -> dict[str, str]:
        """Folders right below one that are as the commit has them: name -> tree's hash."""
        if under != _SETTLED or self._is_hidden(under):
            return {}
        before, status, committed = self._asked or self._ask()
        self._asked = None
        rows = self._rows(status)
        self.__dict__["_ignored"] = _ignored(rows)
        known = _folders(committed.take())
        if not known or (self.root / self._place[1]).is_file():
            return {}
        for _, path in rows:
            parts = path.split("/", 2)
            if parts[0] == under:
                known.pop(parts[1], None) if len(parts) > 1 else known.clear()
        # Somebody may have committed while Git was looking.
        return known if _git(self.root, "rev-parse", "HEAD") == before else {}

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
                    if folder == under and item.name in without:
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
    """A `Tree` of one commit; reads blobs through one `git cat-file --batch`.

    It is listed part by part, a module being a part, or at once when many parts are asked for.
    """

    def __init__(self, root: Path, commit: str) -> None:
        self.root = root
        self.commit = commit
        self._parts: dict[str, dict[str, Entry]] = {}
        self._is_whole = False
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def _list(self) -> None:
        """List all parts at once."""
        if self._is_whole:
            return
        self._parts, self._is_whole = {}, True
        for path, entry in _files(self._rows_of()).items():
            self._parts.setdefault(_part_of(path), {})[path] = entry

    def _rows_of(self, *paths: str) -> bytes:
        return _git(self.root, "ls-tree", "-r", "-l", "-z", self.commit, "--", *paths)

    def _part(self, path: str) -> dict[str, Entry]:
        """The files of the part that a path belongs to."""
        part = _part_of(path)
        if part not in self._parts and not self._is_whole:
            if len(self._parts) == _FEW_PARTS:
                self._list()
            else:
                self._parts[part] = _files(self._rows_of(part))
        return self._parts.get(part, {})

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        """All files below a folder, sorted by path."""
        clean = _clean(under) if under else ""
        if clean in ("", _SETTLED):
            self._list()
            parts = sorted(self._parts)
            start = f"{clean}/" if clean else ""
            found = [
                e for part in parts if part.startswith(start) for e in self._parts[part].values()
            ]
            return tuple(sorted(found, key=_PATH))
        known = self._part(clean).items()
        return tuple(entry for path, entry in known if path.startswith(f"{clean}/"))

    def outline(self, under: str) -> Outline:
        """What lies below a folder; a module's folder is known by its tree's hash."""
        if under != _SETTLED:
            return Outline({}, self.entries(under))
        listing = _git(self.root, "ls-tree", "-l", "-z", self.commit, "--", f"{under}/")
        return Outline(_folders(listing), tuple(_files(listing).values()))

    def read(self, path: str) -> bytes:
        """A file's content."""
        entry = self._entry(path)
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
            entry = self._entry(path)
        except FileNotFoundError:
            return None
        return None if entry is None or entry.is_link else entry.size

    def _entry(self, path: str) -> Entry | None:
        clean = _clean(path)
        return self._part(clean).get(clean)

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


def _ignored(rows: Iterable[tuple[str, str]]) -> frozenset[str]:
    return frozenset(path for kind, path in rows if kind == "!!")


class _Answer:
    """What a Git command prints, while this process does something else."""

    def __init__(self, root: Path, *arguments: str) -> None:
        # A file takes all of it; a pipe would let Git wait until somebody reads.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - it goes with this object
        self._process: subprocess.Popen[bytes] | None = None
        with suppress(OSError):
            self._process = subprocess.Popen(
                [*_GIT, *arguments],
                cwd=root,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.DEVNULL,
            )
        self._end = weakref.finalize(self, _give_up, self._process, self._output)

    def take(self) -> bytes:
        """What it printed; empty when it failed or Git is missing. To be taken once."""
        if self._process is None or self._process.wait() != 0:
            content = b""
        else:
            self._output.seek(0)
            content = self._output.read()
        self._end()
        return content


def _give_up(process: subprocess.Popen[bytes] | None, output: IO[bytes]) -> None:
    output.close()
    if process is not None and process.poll() is None:
        process.kill()
        process.wait()


def _part_of(path: str) -> str:
    """A module's folder, or what lies at the root."""
    names = path.split("/", 2)
    return "/".join(names[:2]) if names[0] == _SETTLED else names[0]


def _rows(listing: bytes) -> Iterator[tuple[list[str], str]]:
    """Of what `git ls-tree` lists: mode, kind, hash and (with `-l`) size; and the path."""
    for line in listing.split(b"\0"):
        facts, _, name = line.partition(b"\t")
        if name:
            yield facts.decode().split(), os.fsdecode(name)


def _files(listing: bytes) -> dict[str, Entry]:
    """Files by path, sorted, without junk."""
    found = {}
    for fields, path in _rows(listing):
        parts = path.split("/")
        if fields[1] == "blob" and parts[0] not in _ROOT_JUNK and _JUNK.isdisjoint(parts):
            found[path] = Entry(path, int(fields[3]), fields[0] == "120000", fields[2])
    return dict(sorted(found.items()))


def _folders(listing: bytes) -> dict[str, str]:
    """Name of each folder -> its tree's hash."""
    start = len(_SETTLED) + 1
    return {
        path[start:]: fields[2]
        for fields, path in _rows(listing)
        if fields[1] == "tree" and path[start:] not in _JUNK
    }


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
