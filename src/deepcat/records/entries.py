"""What the history of the records says of deployments, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from deepcat.errors import DeepcatError
from deepcat.records import layout as lay
from deepcat.records.git import Plumbing
from deepcat.records.record import Record, from_text

# Of a commit, as `recent` asks for them.
_PARTS = 5


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


def newest(git: Plumbing, tip: str, prefix: str, name: str, limit: int) -> tuple[LogEntry, ...]:
    """The newest commits, of one deployment or of all.

    Args:
        git: of the repository.
        tip: the commit to begin at; empty when there are no records.
        prefix: the catalog's folder in the repository, empty or ending in `/`.
        name: of the deployment; empty for all.
        limit: how many.
    """
    if not tip:
        return ()
    paths = [prefix + path for path in (lay.flat(name), lay.sharded(name))] if name else []
    pretty = "--format=%H%x00%cI%x00%cn%x00%s%x00%b%x00%x1e"
    out = git.out("log", f"-{limit}", pretty, tip, "--", *(f":(top){path}" for path in paths))
    rows = [row.lstrip("\n").split("\0") for row in out.decode(errors="replace").split("\x1e")]
    return tuple(
        LogEntry(row[0], row[1], row[2], row[3], row[4].strip()) for row in rows if len(row) > 4
    )


def past(git: Plumbing, tip: str, prefix: str, name: str) -> Iterator[Record]:
    """The record of one deployment as each commit left it, newest first; what can be read of them.

    Args:
        git: of the repository.
        tip: the commit to begin at; empty when there are no records.
        prefix: the catalog's folder in the repository, empty or ending in `/`.
        name: of the deployment.
    """
    if not tip:
        return
    paths = [prefix + path for path in (lay.flat(name), lay.sharded(name))]
    wanted = (f":(top,literal){path}" for path in paths)
    commits = git.out("log", "--format=%H", tip, "--", *wanted).decode().split()
    with git.objects() as objects:
        for commit in commits:
            for path in paths:
                blob = objects.get(f"{commit}:{path}")
                with suppress(DeepcatError):
                    if blob is not None:
                        yield from_text(blob[1].decode(errors="replace"), name)


def recent(
    git: Plumbing, tip: str, prefix: str, limit: int, commits: int
) -> dict[str, tuple[LogEntry, ...]]:
    """Each deployment's newest commits, by one look at the log.

    A commit is of the deployment that its message begins with, as every writer here writes it.

    Args:
        git: of the repository.
        tip: the commit to begin at; empty when there are no records.
        prefix: the catalog's folder in the repository, empty or ending in `/`.
        limit: of each deployment.
        commits: how far back to look.
    """
    if not tip:
        return {}
    found: dict[str, list[LogEntry]] = {}
    where = ("--", f":(top){prefix}") if prefix else ()
    form = "--format=%H%x00%cI%x00%cn%x00%s%x00%b"
    out = git.out("log", "-z", f"-{commits}", form, tip, *where)
    parts = out.decode(errors="replace").split("\0")
    for first in range(0, len(parts) - 1, _PARTS):
        commit, at, author, subject, body = parts[first : first + _PARTS]
        name, colon, _ = subject.partition(": ")
        mine = found.setdefault(name, []) if colon else []
        if len(mine) < limit:
            mine.append(LogEntry(commit, at, author, subject, body.strip()))
    return {name: tuple(each) for name, each in found.items()}
