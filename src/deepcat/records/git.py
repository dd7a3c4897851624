"""EDGE of the records: Git's plumbing."""

from __future__ import annotations

import fcntl
import os
import re
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import TypeAlias

from deepcat import git
from deepcat.errors import DeepcatError
from deepcat.plain import plain
from deepcat.records.layout import FOLDER, Edit, Layout
from deepcat.records.shape import MOST_BYTES
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


# From a commit to the same one, signed.
Sign: TypeAlias = Callable[[str], str]


QUEUE_S = 120.0


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

    Attributes:
        signer: gives what signs a commit; None where records are not signed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.signer: Callable[[], Sign | None] = lambda: None
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

    def run(
        self, argv: tuple[str, ...], stdin: bytes = b"", extra: Mapping[str, str] | None = None
    ) -> git.Done:
        """A command that may fail."""
        return git.run(self.root, argv, stdin=stdin, extra=extra)

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
            _wait_for(handle)
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
        if sign := self.signer():
            self._commit_signed(sign, ref, expected, parents, prefix, edit, text)
            return
        head = Head(ref, parents, prefix, self._identity(), int(time.time()))
        stream = fast_import(head, edit, with_id(text, uuid.uuid4().hex))
        done = self.run((*_DURABLE, "fast-import", "--quiet", "--done"), stream)
        if done.returncode == 0:
            return
        raise self._not_moved(ref, expected, done.stderr.decode(errors="replace"))

    def _commit_signed(
        self,
        sign: Sign,
        ref: str,
        expected: str,
        parents: tuple[str, ...],
        prefix: str,
        edit: Edit,
        text: str,
    ) -> None:
        """Make the commit where nobody looks, and let `ref` point to what its signing gives."""
        own = f"refs/deepcat/sign/{uuid.uuid4().hex}"
        head = Head(own, parents, prefix, self._identity(), int(time.time()))
        self.out(
            *_DURABLE,
            "fast-import",
            "--quiet",
            "--done",
            stdin=fast_import(head, edit, with_id(text, uuid.uuid4().hex)),
        )
        try:
            self.move(ref, sign(self.commit_of(own)), expected)
        finally:
            self.run(("update-ref", "-d", own))

    def move(self, ref: str, new: str, expected: str) -> None:
        """Let `ref` point to another commit.

        Raises:
            ConflictError: it does not point to what was expected.
        """
        done = self.run(("update-ref", ref, new, expected or "0" * len(new)))
        if done.returncode:
            raise self._not_moved(ref, expected, done.stderr.decode(errors="replace"))

    def _not_moved(self, ref: str, expected: str, error: str) -> Exception:
        """Whether another one was first, or Git cannot write at all."""
        is_held = ".lock'" in error and "File exists" in error
        if is_held or self.commit_of(ref) != expected:
            return ConflictError(_last_line(error))
        return failed(error)

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


def _wait_for(handle: int) -> None:
    """Hold the lock; who has it works for milliseconds, but may have been stopped."""
    deadline = time.monotonic() + QUEUE_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise DeepcatError(
                    f"another process has been writing records for {QUEUE_S:.0f} s",
                    hint="see which one holds `deepcat-records` in Git's folder, and end it",
                    code="records/busy",
                ) from None
            time.sleep(0.01)
        else:
            return


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "Git gave no reason"


# Where there can be no records: outside Git, in a repository that Git does not open, without Git.
NO_RECORDS = frozenset({"git/missing", "records/no-git", "records/ownership"})
_OWNED = re.compile(r"dubious ownership in repository at '([^']+)'")


def failed(error: str) -> DeepcatError:
    """What Git wrote, as an error for a person."""
    if "not a git repository" in error:
        return DeepcatError(
            "the catalog is not in a Git repository, and records live in Git",
            hint="run `git init` in the catalog's folder",
            code="records/no-git",
        )
    if owned := _OWNED.search(error):
        folder = plain(owned[1])
        return DeepcatError(
            f"Git does not open `{folder}`, which belongs to another user",
            hint=f"where you trust it: git config --global --add safe.directory {quote(folder)}",
            code="records/ownership",
        )
    lines = [line for line in error.splitlines() if line.startswith(("fatal:", "error:", "!"))]
    return DeepcatError(
        f"Git failed on the records: {lines[0] if lines else _last_line(error)}",
        hint="mend what Git says, then run the same command again; nothing was half written",
        code="records/git",
    )


def blobs(git: Plumbing, commit: str, prefix: str, folder: str = FOLDER) -> dict[str, str]:
    """Every file of a commit below the records' folder: its path from the catalog's root -> id."""
    if not commit:
        return {}
    listing = git.out("ls-tree", "-r", "-z", "--full-tree", commit, "--", f"{prefix}{folder}/")
    found = {}
    for row in filter(None, listing.decode(errors="replace").split("\0")):
        meta, _, path = row.partition("\t")
        mode, _, blob = meta.split()
        if not mode.startswith("100"):
            raise _no_file(path)
        found[path.removeprefix(prefix)] = blob
    return found


def _no_file(path: str) -> DeepcatError:
    return _damaged(f"{path!r} is a link or another repository, no file")


def _damaged(why: str) -> DeepcatError:
    return DeepcatError(
        f"the records cannot be read: {why}",
        hint="take it off the ref, or let the ref point to an older commit",
        code="records/damaged",
    )


def contents(git: Plumbing, ids: Iterable[str]) -> dict[str, str]:
    """Blob's id -> its text.

    Raises:
        DeepcatError: one is far larger than any record (``records/damaged``).
    """
    wanted = list(dict.fromkeys(ids))
    stdin = "".join(f"{each}\n" for each in wanted).encode()
    if not wanted:
        return {}
    sizes = git.out("cat-file", "--batch-check=%(objectsize)", "--buffer", stdin=stdin).split()
    if large := [each for each, size in zip(wanted, sizes, strict=True) if int(size) > MOST_BYTES]:
        raise _damaged(f"the object {large[0]} is larger than {MOST_BYTES:,} bytes")
    out = git.out("cat-file", "--batch", "--buffer", stdin=stdin)
    return dict(zip(wanted, split_batch(out), strict=True))


def texts(git: Plumbing, commit: str, prefix: str, folder: str = FOLDER) -> dict[str, str]:
    """Every file of a commit below the records' folder: its path from there -> text."""
    found = blobs(git, commit, prefix, folder)
    held = contents(git, found.values())
    return {path: held[blob] for path, blob in found.items()}


def layout(objects: Objects, name: str, prefix: str) -> tuple[str, Layout]:
    """The commit that a name stands for, and how its records lie; empty when there is none."""
    found = objects.get(name) if name else None
    if found is None:
        return "", Layout()
    folder = objects.get(f"{found[0]}:{prefix}{FOLDER}")
    return found[0], layout_of(folder[1], len(found[0]) // 2) if folder else Layout()
