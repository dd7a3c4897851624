"""EDGE of the records: a Git ref as a database with compare-and-swap.

Only plumbing is used, so neither the work tree nor the index is touched. A writer builds its commit
upon the one it read; if the ref has moved meanwhile, Git refuses and the writer reads again.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from deepcat.errors import DeepcatError
from deepcat.records import layout as lay
from deepcat.records.git import Head, Objects, fast_import, tree_entries, with_id
from deepcat.records.record import Record, from_text, to_text

T = TypeVar("T")

REF = "refs/heads/records"
PATIENCE_S = 60.0
_FALLBACK_IDENTITY = "deepcat <deepcat@localhost>"
# Git sets these for its hooks; here the folder alone says which repository is meant.
_NOT_OURS = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_NAMESPACE",
)
# What was written must still be there after a power cut.
_DURABLE = ("-c", "core.fsync=committed,loose-object", "-c", "core.fsyncMethod=batch")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One commit on the ref.

    Attributes:
        commit: its id.
        at: ISO 8601 instant.
        author: name.
        subject: first line of the message.
        body: the rest.
    """

    commit: str
    at: str
    author: str
    subject: str
    body: str


class _ConflictError(Exception):
    """The ref moved between reading and writing."""


class Store:
    """The records of one catalog.

    Args:
        root: a folder in a Git work tree, or a bare repository.
        remote: a remote's name or address whose ref is the truth; empty for this repository's own.
        prefix: the catalog's folder in the repository, for a bare one; else found out.
    """

    def __init__(self, root: Path, *, remote: str = "", prefix: str | None = None) -> None:
        self.root = root
        self.remote = remote
        self._prefix = prefix
        self._who = ""

    def read_all(self) -> dict[str, Record]:
        """All records by name.

        Raises:
            DeepcatError: outside Git (``records/no-git``), or a record is damaged.
        """
        return {
            lay.name_of(path): from_text(text, lay.name_of(path))
            for path, text in self.read_texts().items()
            if lay.name_of(path)
        }

    def read_texts(self) -> dict[str, str]:
        """Every file of the ref below the catalog's folder, by its path from there."""
        base = self._base()
        if not base:
            return {}
        folder = f"{self.prefix}{lay.FOLDER}/"
        listing = self._git("ls-tree", "-r", "-z", "--full-tree", base, "--", folder)
        rows = [row.split("\t", 1) for row in listing.decode().split("\0") if row]
        wanted = "".join(f"{meta.split()[2]}\n" for meta, _ in rows)
        paths = [path.removeprefix(self.prefix) for _, path in rows]
        content = self._git("cat-file", "--batch", "--buffer", stdin=wanted.encode())
        return dict(zip(paths, _split_batch(content), strict=True))

    def read(self, name: str) -> Record | None:
        """One record, or None.

        Raises:
            DeepcatError: as `read_all`.
        """
        base = self._base() if self.remote else REF
        with self._objects() as objects:
            _, before, _ = self._look(objects, base, (name,))
        return before.get(name)

    def update(
        self, name: str, change: Callable[[Record | None], Record | None], message: str
    ) -> Record | None:
        """Change one record; `change` is asked again when another writer was first.

        Args:
            name: the deployment's.
            change: from the record now (None: there is none) to what it shall be (None: removed).
                What it raises ends the update; the same record again writes nothing.
            message: the commit's, readable.

        Returns:
            What `change` gave last.

        Raises:
            DeepcatError: outside Git, Git failed (``records/git``), or others write without end
                (``records/busy``).
        """
        return self.update_all((name,), lambda _, record: change(record), message)[name]

    def update_all(
        self,
        names: Iterable[str],
        change: Callable[[str, Record | None], Record | None],
        message: str,
    ) -> dict[str, Record | None]:
        """Change many records by one commit; as `update`."""
        wanted = tuple(lay.require_name(name) for name in names)
        return self._persist(lambda: self._attempt(wanted, change, message))

    def _persist(self, attempt: Callable[[], T]) -> T:
        """Try until no other writer was first."""
        deadline = time.monotonic() + PATIENCE_S
        pause = 0.005
        while True:
            try:
                return attempt()
            except _ConflictError as error:
                if time.monotonic() > deadline:
                    raise DeepcatError(
                        f"the records could not be written for {PATIENCE_S:.0f} s: {error}",
                        hint="others write all the time; try again later",
                        code="records/busy",
                    ) from None
            time.sleep(random.uniform(0, pause))  # noqa: S311 - not for secrecy
            pause = min(pause * 2, 0.5)

    def replace_all(self, records: Mapping[str, Record], message: str) -> None:
        """Write records by one commit, whatever is there, even what cannot be read."""
        texts = {lay.require_name(name): to_text(record) for name, record in records.items()}
        self._persist(lambda: self._overwrite(texts, message))

    def log(self, name: str = "", limit: int = 20) -> tuple[LogEntry, ...]:
        """The newest commits, of one deployment or of all."""
        base = self._base()
        if not base:
            return ()
        paths = [self.prefix + path for path in (lay.flat(name), lay.sharded(name))] if name else []
        pretty = "--format=%H%x00%cI%x00%cn%x00%s%x00%b%x00%x1e"
        out = self._git("log", f"-{limit}", pretty, base, "--", *(f":(top){p}" for p in paths))
        rows = [row.lstrip("\n").split("\0") for row in out.decode().split("\x1e")]
        return tuple(
            LogEntry(row[0], row[1], row[2], row[3], row[4].strip()) for row in rows if len(row) > 4
        )

    @property
    def prefix(self) -> str:
        """The catalog's folder in the repository, empty or ending in `/`."""
        if self._prefix is None:
            self._prefix = self._git("rev-parse", "--show-prefix").decode().strip("\n")
        return self._prefix

    def _attempt(
        self,
        names: tuple[str, ...],
        change: Callable[[str, Record | None], Record | None],
        message: str,
    ) -> dict[str, Record | None]:
        fetched = self._base() if self.remote else REF
        with self._objects() as objects:
            base, before, layout = self._look(objects, fetched, names)
        after = {name: change(name, before.get(name)) for name in names}
        differing = {name: record for name, record in after.items() if record != before.get(name)}
        if differing:
            texts = {name: to_text(r) if r else None for name, r in differing.items()}
            edit, _ = lay.edit(layout, before.keys() & differing.keys(), texts)
            self._write(base, edit, message)
        return after

    def _overwrite(self, texts: Mapping[str, str], message: str) -> None:
        fetched = self._base() if self.remote else REF
        with self._objects() as objects:
            base, layout = self._find(objects, fetched)
        self._write(base, lay.edit(layout, (), texts)[0], message)

    def _look(
        self, objects: Objects, base: str, names: tuple[str, ...]
    ) -> tuple[str, dict[str, Record], lay.Layout]:
        commit, layout = self._find(objects, base)
        before: dict[str, Record] = {}
        for name in names if commit else ():
            blob = objects.get(f"{commit}:{self.prefix}{layout.path(name)}")
            if blob is not None:
                before[name] = from_text(blob[1].decode(errors="replace"), name)
        return commit, before, layout

    def _find(self, objects: Objects, base: str) -> tuple[str, lay.Layout]:
        """The commit that a name stands for, and how its records lie; empty when there is none."""
        found = objects.get(base) if base else None
        if found is None:
            return "", lay.Layout()
        commit = found[0]
        folder = objects.get(f"{commit}:{self.prefix}{lay.FOLDER}")
        return commit, _layout(folder[1], len(commit) // 2) if folder else lay.Layout()

    def _write(self, base: str, edit: lay.Edit, message: str) -> None:
        if not self.remote:
            self._commit(REF, base, edit, message)
            return
        mine = f"refs/deepcat/push/{uuid.uuid4().hex}"
        self._commit(mine, base, edit, message)
        try:
            self._push(mine, base)
            self._git("update-ref", REF, mine)
        finally:
            self._git("update-ref", "-d", mine)

    def _commit(self, ref: str, base: str, edit: lay.Edit, message: str) -> None:
        head = Head(ref, base, self.prefix, self._identity(), int(time.time()))
        stream = fast_import(head, edit, with_id(message, uuid.uuid4().hex))
        done = self._run((*_DURABLE, "fast-import", "--quiet", "--done"), stream)
        if done.returncode == 0:
            return
        error = done.stderr.decode(errors="replace")
        now = self._run(("rev-parse", "--verify", "--quiet", ref)).stdout.decode().strip()
        if now != (base if ref == REF else "") or ".lock'" in error:
            raise _ConflictError(_last_line(error))
        raise _git_failed(error)

    def _push(self, ref: str, base: str) -> None:
        lease = f"--force-with-lease={REF}:{base}"
        done = self._run(("push", "--porcelain", "--no-verify", lease, self.remote, f"{ref}:{REF}"))
        if done.returncode == 0:
            return
        text = (done.stdout + done.stderr).decode(errors="replace")
        if any(sign in text for sign in ("stale info", "[rejected]", "cannot lock ref", "locked")):
            raise _ConflictError("the remote's ref moved")
        raise _git_failed(text)

    def _base(self) -> str:
        """The commit that is the truth now; empty when there are no records."""
        if self.remote:
            done = self._run(("fetch", "--quiet", "--no-tags", self.remote, f"+{REF}:{REF}"))
            error = done.stderr.decode(errors="replace")
            if done.returncode and "couldn't find remote ref" not in error:
                raise _git_failed(error)
        done = self._run(("rev-parse", "--verify", "--quiet", REF))
        if done.returncode > 1:
            raise _git_failed(done.stderr.decode(errors="replace"))
        return done.stdout.decode().strip()

    def _identity(self) -> str:
        if not self._who:
            done = self._run(("var", "GIT_COMMITTER_IDENT"))
            who = done.stdout.decode(errors="replace").rpartition(">")[0]
            self._who = f"{who}>" if done.returncode == 0 and who else _FALLBACK_IDENTITY
        return self._who

    @contextmanager
    def _objects(self) -> Iterator[Objects]:
        _ = self.prefix  # fails early, and clearly, outside Git
        argv = self._argv(("cat-file", "--batch"))
        pipe = subprocess.PIPE
        with subprocess.Popen(argv, stdin=pipe, stdout=pipe, env=_environment()) as process:
            assert process.stdin and process.stdout  # noqa: S101 - asked for above
            yield Objects(process.stdin, process.stdout)
            process.stdin.close()

    def _git(self, *argv: str, stdin: bytes = b"") -> bytes:
        done = self._run(argv, stdin)
        if done.returncode:
            raise _git_failed(done.stderr.decode(errors="replace"))
        return done.stdout

    def _run(self, argv: tuple[str, ...], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                self._argv(argv), input=stdin, capture_output=True, check=False, env=_environment()
            )
        except FileNotFoundError:
            raise DeepcatError(
                "the program `git` is not installed", hint="install Git", code="records/git"
            ) from None

    def _argv(self, argv: tuple[str, ...]) -> list[str]:
        return ["git", "-C", str(self.root), *argv]


def _environment() -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    return environment | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _layout(tree: bytes, id_bytes: int) -> lay.Layout:
    names = set()
    for entry, is_folder in tree_entries(tree, id_bytes):
        if is_folder:
            return lay.Layout(True)
        names.add(lay.name_of(f"{lay.FOLDER}/{entry}"))
    return lay.Layout(False, frozenset(names - {""}))


def _split_batch(content: bytes) -> Iterator[str]:
    position = 0
    while position < len(content):
        end = content.index(b"\n", position)
        size = int(content[position:end].split()[2])
        yield content[end + 1 : end + 1 + size].decode(errors="replace")
        position = end + 2 + size


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "Git gave no reason"


def _git_failed(error: str) -> DeepcatError:
    if "not a git repository" in error:
        return DeepcatError(
            "the catalog is not in a Git repository, and records live in Git",
            hint="run `git init` in the catalog's folder",
            code="records/no-git",
        )
    lines = [line for line in error.splitlines() if line.startswith(("fatal:", "error:"))]
    return DeepcatError(
        f"Git failed on the records: {lines[0] if lines else _last_line(error)}",
        hint="mend what Git says, then run the same command again; nothing was half written",
        code="records/git",
    )
