"""The records ref as a database with compare-and-swap.

Only Git's plumbing is used, so neither the work tree nor the index is touched. A writer builds its
commit upon the one it read; if the ref has moved meanwhile, Git refuses and the writer reads again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from deepcat.errors import DeepcatError
from deepcat.records import history
from deepcat.records import layout as lay
from deepcat.records.cache import parsed
from deepcat.records.git import ConflictError, Plumbing, blobs, contents, layout, texts
from deepcat.records.record import Record, from_data, from_text, to_text
from deepcat.records.remote import Remote
from deepcat.records.stream import Objects

T = TypeVar("T")

REF = "refs/heads/records"
PATIENCE_S = 60.0


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


class Store:
    """The records of one catalog.

    Args:
        root: a folder in a Git work tree, or a bare repository.
        remote: a remote's name or address whose ref is the truth; empty for this repository's own.
        prefix: the catalog's folder in the repository, for a bare one; else found out.
    """

    def __init__(self, root: Path, *, remote: str = "", prefix: str | None = None) -> None:
        self.root = root
        self._git = Plumbing(root)
        self._remote = Remote(self._git, remote, REF) if remote else None
        self._given_prefix = prefix

    @cached_property
    def prefix(self) -> str:
        """The catalog's folder in the repository, empty or ending in `/`."""
        return self._git.place.prefix if self._given_prefix is None else self._given_prefix

    def read_all(self) -> dict[str, Record]:
        """All records by name.

        Raises:
            DeepcatError: outside Git (``records/no-git``), or a record is damaged.
        """
        found = blobs(self._git, self._persist(self._base), self.prefix)
        named = {name: blob for path, blob in found.items() if (name := lay.name_of(path))}
        data = parsed(self.root, named, lambda ids: contents(self._git, ids))
        return {name: from_data(data[blob], name) for name, blob in named.items()}

    def read_texts(self) -> dict[str, str]:
        """Every file of the ref below the catalog's folder, by its path from there."""
        return texts(self._git, self._persist(self._base), self.prefix)

    def read(self, name: str) -> Record | None:
        """One record, or None.

        Raises:
            DeepcatError: as `read_all`.
        """
        base = self._persist(self._base) if self._remote else REF
        _ = self.prefix  # fails clearly outside Git
        with self._git.objects() as objects:
            return self._read_before(objects, base, (name,))[1].get(name)

    def update(
        self, name: str, change: Callable[[Record | None], Record | None], message: str
    ) -> Record | None:
        """Change one record; `change` is asked again when another writer was first.

        Args:
            name: the deployment's.
            change: from the record now (None: there is none) to what it shall be (None: removed).
                What it raises ends the update; the same record again writes nothing. It must not
                itself write records.
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
        with self._git.queue():
            return self._persist(lambda: self._attempt(wanted, change, message))

    def replace_all(self, records: Mapping[str, Record], message: str) -> None:
        """Write records by one commit, whatever is there, even what cannot be read."""
        new = {lay.require_name(name): to_text(record) for name, record in records.items()}
        with self._git.queue():
            self._persist(lambda: self._overwrite(new, message))

    def log(self, name: str = "", limit: int = 20) -> tuple[LogEntry, ...]:
        """The newest commits, of one deployment or of all."""
        base = self._persist(self._base)
        if not base:
            return ()
        paths = [self.prefix + path for path in (lay.flat(name), lay.sharded(name))] if name else []
        pretty = "--format=%H%x00%cI%x00%cn%x00%s%x00%b%x00%x1e"
        wanted = (f":(top){path}" for path in paths)
        out = self._git.out("log", f"-{limit}", pretty, base, "--", *wanted)
        rows = [row.lstrip("\n").split("\0") for row in out.decode().split("\x1e")]
        return tuple(
            LogEntry(row[0], row[1], row[2], row[3], row[4].strip()) for row in rows if len(row) > 4
        )

    def recent(self, limit: int = 20, commits: int = 20_000) -> dict[str, tuple[LogEntry, ...]]:
        """Each deployment's newest commits, newest first, by one look at the log.

        A commit is of the deployment that its message begins with, as every writer here writes it.

        Args:
            limit: of each deployment.
            commits: how far back to look; the log of many years is long.
        """
        base = self._persist(self._base)
        if not base:
            return {}
        found: dict[str, list[LogEntry]] = {}
        where = ("--", f":(top){self.prefix}") if self.prefix else ()
        form = "--format=%H%x00%cI%x00%cn%x00%s"
        out = self._git.out("log", f"-{commits}", form, base, *where)
        for row in out.decode(errors="replace").splitlines():
            commit, at, author, subject = row.split("\0", 3)
            name, colon, _ = subject.partition(": ")
            mine = found.setdefault(name, []) if colon else []
            if len(mine) < limit:
                mine.append(LogEntry(commit, at, author, subject, ""))
        return {name: tuple(entries) for name, entries in found.items()}

    def _persist(self, attempt: Callable[[], T]) -> T:
        """Try until no other writer was first."""
        deadline = time.monotonic() + PATIENCE_S
        pause = 0.005
        lock = ""
        while True:
            try:
                return attempt()
            except ConflictError as error:
                lock = lock or self._git.lock_on(REF)
                if time.monotonic() > deadline:
                    if lock and self._git.unlock(REF, lock):
                        lock, deadline = "", time.monotonic() + PATIENCE_S
                        continue
                    raise DeepcatError(
                        f"the records could not be written for {PATIENCE_S:.0f} s: {error}",
                        hint="others write all the time; try again later",
                        code="records/busy",
                    ) from None
            time.sleep(random.uniform(0, pause))  # noqa: S311 - not for secrecy
            pause = min(pause * 2, 0.5)

    def _base(self) -> str:
        """The commit that is the truth now; empty when there are no records."""
        return self._remote.base(self.prefix) if self._remote else self._git.commit_of(REF)

    def _attempt(
        self,
        names: tuple[str, ...],
        change: Callable[[str, Record | None], Record | None],
        message: str,
    ) -> dict[str, Record | None]:
        _ = self.prefix
        base = self._base() if self._remote else REF
        with self._git.objects() as objects:
            commit, before, found = self._read_before(objects, base, names)
        after = {name: _noted(before.get(name), change(name, before.get(name))) for name in names}
        differing = {name: record for name, record in after.items() if record != before.get(name)}
        if differing:
            new = {name: to_text(r) if r else None for name, r in differing.items()}
            edit, _layout = lay.edit(found, before.keys() & differing.keys(), new)
            self._write(commit, edit, message)
        return after

    def _overwrite(self, new: Mapping[str, str], message: str) -> None:
        base = self._base()
        with self._git.objects() as objects:
            commit, found = layout(objects, base, self.prefix)
        self._write(commit, lay.edit(found, (), new)[0], message)

    def _read_before(
        self, objects: Objects, base: str, names: tuple[str, ...]
    ) -> tuple[str, dict[str, Record], lay.Layout]:
        commit, found = layout(objects, base, self.prefix)
        before: dict[str, Record] = {}
        for name in names if commit else ():
            blob = objects.get(f"{commit}:{self.prefix}{found.path(name)}")
            if blob is not None:
                before[name] = from_text(blob[1].decode(errors="replace"), name)
        return commit, before, found

    def _write(self, base: str, edit: lay.Edit, message: str) -> None:
        if self._remote:
            self._remote.write(base, self.prefix, edit, message)
        else:
            self._git.commit(REF, base, (base,) if base else (), self.prefix, edit, message)


def _noted(before: Record | None, after: Record | None) -> Record | None:
    """The record with its history; what stays the same is left as it is."""
    if after is None or after == before:
        return after
    return history.noted(before, after, datetime.now(UTC).isoformat(timespec="seconds"))
