"""EDGE of the records: Git's plumbing."""

from __future__ import annotations

import fcntl
import os
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from deepcat import git
from deepcat.errors import DeepcatError
from deepcat.records.layout import FOLDER, Edit, Layout
from deepcat.records.stream import (
    Head,
    Objects,
    fast_import,
    layout_of,
    split_batch,
    with_id,
)

_FALLBACK_IDENTITY = "deepcat <deepcat@localhost>"
# What was written must still be there after a power cut.
_DURABLE = ("-c", "core.fsync=committed,loose-object", "-c", "core.fsyncMethod=batch")


class ConflictError(Exception):
    """A ref moved between reading and writing."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a folder lies in its repository.

    Attributes:
        git_folder: the repository's own folder, shared by all its work trees.
        prefix: the folder's path from the repository's root, empty or ending in `/`.
    """

    git_folder: Path
    prefix: str


class Plumbing:
    """Git's plumbing commands in one repository.

    Args:
        root: a folder in a work tree, or a bare repository.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._who = ""

    def out(self, *argv: str, stdin: bytes = b"") -> bytes:
        """A command's output.

        Raises:
            DeepcatError: it failed (``records/git``, ``records/no-git``).
        """
        done = self.run(argv, stdin)
        if done.returncode:
            raise failed(done.stderr.decode(errors="replace"))
        return done.stdout

    def run(self, argv: tuple[str, ...], stdin: bytes = b"") -> git.Done:
        """A command that may fail."""
        return git.run(self.root, argv, stdin=stdin)

    @cached_property
    def place(self) -> Place:
        """Where the folder lies in its repository.

        Raises:
            DeepcatError: it lies in none (``records/no-git``).
        """
        out = self.out("rev-parse", "--git-common-dir", "--show-prefix").decode()
        folder, _, prefix = out.partition("\n")
        return Place(self.root / folder, prefix.strip("\n"))

    @contextmanager
    def queue(self) -> Iterator[None]:
        """Wait for other writers of this very repository, rather than clash with each of them.

        Those who do not queue are kept out by the comparison with the ref all the same.
        """
        path = self.place.git_folder / "deepcat-records"
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise failed(f"fatal: {path} cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def lock_on(self, ref: str) -> str:
        """What tells the lock on a ref from any other; empty when there is none."""
        try:
            found = self._lock(ref).stat()
        except OSError:
            return ""
        return f"{found.st_dev}:{found.st_ino}:{found.st_mtime_ns}"

    def unlock(self, ref: str, lock: str) -> bool:
        """Take away the lock that a killed Git left; whether it was still that one.

        Git holds it for milliseconds. Whoever calls this has seen the same one all the time.
        """
        if self.lock_on(ref) != lock:
            return False
        self._lock(ref).unlink(missing_ok=True)
        return True

    def _lock(self, ref: str) -> Path:
        return self.place.git_folder / f"{ref}.lock"

    def commit_of(self, ref: str) -> str:
        """The commit that a ref points to; empty when there is none."""
        done = self.run(("rev-parse", "--verify", "--quiet", ref))
        if done.returncode > 1:
            raise failed(done.stderr.decode(errors="replace"))
        return done.stdout.decode().strip()

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether everything in `old` is in `new` too."""
        return self.run(("merge-base", "--is-ancestor", old, new)).returncode == 0

    def commit(
        self, ref: str, expected: str, parents: tuple[str, ...], prefix: str, edit: Edit, text: str
    ) -> None:
        """Make a commit and let `ref` point to it.

        Args:
            ref: to be moved.
            expected: what it points to now; empty when there is none.
            parents: upon which the commit is built; the first one's files are edited.
            prefix: the catalog's folder in the repository.
            edit: what to change.
            text: the message.

        Raises:
            ConflictError: the ref does not point to what was expected.
            DeepcatError: Git failed.
        """
        head = Head(ref, parents, prefix, self._identity(), int(time.time()))
        stream = fast_import(head, edit, with_id(text, uuid.uuid4().hex))
        done = self.run((*_DURABLE, "fast-import", "--quiet", "--done"), stream)
        if done.returncode == 0:
            return
        error = done.stderr.decode(errors="replace")
        if self.commit_of(ref) != expected or ".lock'" in error:
            raise ConflictError(_last_line(error))
        raise failed(error)

    @contextmanager
    def objects(self) -> Iterator[Objects]:
        """Ask for many objects by one process."""
        with git.talk(self.root, ("cat-file", "--batch")) as (questions, answers):
            yield Objects(questions, answers)

    def _identity(self) -> str:
        if not self._who:
            done = self.run(("var", "GIT_COMMITTER_IDENT"))
            who = done.stdout.decode(errors="replace").rpartition(">")[0]
            self._who = f"{who}>" if done.returncode == 0 and who else _FALLBACK_IDENTITY
        return self._who


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "Git gave no reason"


def failed(error: str) -> DeepcatError:
    """What Git wrote, as an error for a person."""
    if "not a git repository" in error:
        return DeepcatError(
            "the catalog is not in a Git repository, and records live in Git",
            hint="run `git init` in the catalog's folder",
            code="records/no-git",
        )
    lines = [line for line in error.splitlines() if line.startswith(("fatal:", "error:", "!"))]
    return DeepcatError(
        f"Git failed on the records: {lines[0] if lines else _last_line(error)}",
        hint="mend what Git says, then run the same command again; nothing was half written",
        code="records/git",
    )


def blobs(git: Plumbing, commit: str, prefix: str) -> dict[str, str]:
    """Every file of a commit below the records' folder: its path from the catalog's root -> id."""
    if not commit:
        return {}
    listing = git.out("ls-tree", "-r", "-z", "--full-tree", commit, "--", f"{prefix}{FOLDER}/")
    rows = [row.split("\t", 1) for row in listing.decode().split("\0") if row]
    return {path.removeprefix(prefix): meta.split()[2] for meta, path in rows}


def contents(git: Plumbing, ids: Iterable[str]) -> dict[str, str]:
    """Blob's id -> its text."""
    wanted = list(dict.fromkeys(ids))
    stdin = "".join(f"{each}\n" for each in wanted).encode()
    out = git.out("cat-file", "--batch", "--buffer", stdin=stdin) if wanted else b""
    return dict(zip(wanted, split_batch(out), strict=True))


def texts(git: Plumbing, commit: str, prefix: str) -> dict[str, str]:
    """Every file of a commit below the records' folder: its path from there -> text."""
    found = blobs(git, commit, prefix)
    held = contents(git, found.values())
    return {path: held[blob] for path, blob in found.items()}


def layout(objects: Objects, name: str, prefix: str) -> tuple[str, Layout]:
    """The commit that a name stands for, and how its records lie; empty when there is none."""
    found = objects.get(name) if name else None
    if found is None:
        return "", Layout()
    folder = objects.get(f"{found[0]}:{prefix}{FOLDER}")
    return found[0], layout_of(folder[1], len(found[0]) // 2) if folder else Layout()
