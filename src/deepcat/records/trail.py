"""The history of the records, commit by commit, newest first, in constant memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from deepcat import git
from deepcat.errors import DeepcatError
from deepcat.records.git import Plumbing
from deepcat.records.layout import FOLDER
from deepcat.records.record import Record, from_text
from deepcat.records.stream import Objects

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_WHO = re.compile(r"(?P<name>.*?) ?<(?P<mail>[^>]*)> (?P<seconds>-?\d{1,12}) [+-]\d{4}\Z")


@dataclass(frozen=True, slots=True)
class Signed:
    """A commit as Git holds it.

    Attributes:
        commit: its id.
        author: name of who wrote it.
        mail: address of who wrote it.
        at: when it was committed, ISO 8601, UTC; empty when it says none that can be.
        subject: first line of the message.
        body: the rest.
        is_signed: whether it bears a signature, good or bad.
        is_merge: whether it has more than one parent.
    """

    commit: str
    author: str
    mail: str
    at: str
    subject: str
    body: str
    is_signed: bool
    is_merge: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What one commit did to one record.

    Attributes:
        commit: the commit.
        name: the deployment's; empty for a commit that changes no record.
        before: the record before; None when there was none.
        after: the record after; None when there is none.
        damaged: why a side cannot be read; empty when both can.
    """

    commit: Signed
    name: str
    before: Record | None
    after: Record | None
    damaged: str = ""


def trail(plumbing: Plumbing, tip: str, prefix: str) -> Iterator[Step]:
    """Every change of every record, newest commit first.

    Args:
        plumbing: of the repository.
        tip: the commit to begin at; empty when there are no records.
        prefix: the catalog's folder in the repository, empty or ending in `/`.

    Yields:
        a step for each record that a commit changed; merges that change none are left out.
    """
    if not tip:
        return
    where = ("--", f":(top){prefix}") if prefix else ()
    # Of a merge: what differs from all its parents.
    words = ("log", "--raw", "--no-abbrev", "--no-renames", "-c", "--format=%H")
    log = git.talk(plumbing.root, (*words, tip, *where))
    with plumbing.objects() as objects, log as (_, lines):
        commit = ""
        changed: dict[str, tuple[str, str]] = {}
        for raw in lines:
            line = raw.decode(errors="replace").rstrip("\n")
            if _COMMIT.match(line):
                yield from _steps(objects, commit, changed)
                commit, changed = line, {}
            elif line.startswith(":"):
                _note(line, prefix, changed)
        yield from _steps(objects, commit, changed)


def commit_of(objects: Objects, name: str) -> Signed | None:
    """A commit by its id; None when it is not here, or is no commit."""
    found = objects.get(name) if _COMMIT.match(name) else None
    if found is None or not found[1].startswith(b"tree "):
        return None
    head, _, message = found[1].decode(errors="replace").partition("\n\n")
    subject, _, body = message.partition("\n")
    author, mail, _ = _who(head, "author")
    _, _, at = _who(head, "committer")
    signed, merge = "\ngpgsig" in head, head.count("\nparent ") > 1
    return Signed(name, author, mail, at, subject.strip(), body.strip(), signed, merge)


def _note(line: str, prefix: str, changed: dict[str, tuple[str, str]]) -> None:
    """Note the blobs of one line `:MODES IDS LETTERS<TAB>PATH`; a moved record is one record."""
    meta, _, path = line.partition("\t")
    parents = len(meta) - len(meta.lstrip(":"))
    ids = meta.lstrip(":").split()[parents + 1 : 2 * parents + 2]
    path = path.strip('"')
    if f"{FOLDER}/" not in path.removeprefix(prefix) or not path.endswith(".yaml"):
        return
    name = path.rpartition("/")[2].removesuffix(".yaml")
    before, after = changed.get(name, ("", ""))
    changed[name] = (_blob(ids[0]) or before, _blob(ids[-1]) or after)


def _blob(name: str) -> str:
    return name if name.strip("0") else ""


def _steps(objects: Objects, commit: str, changed: dict[str, tuple[str, str]]) -> Iterator[Step]:
    found = commit_of(objects, commit)
    if found is None:
        return
    differing = {name: ids for name, ids in changed.items() if ids[0] != ids[1]}
    if not changed and not found.is_merge:
        yield Step(found, "", None, None)
    for name, (before, after) in sorted(differing.items()):
        old, why_old = _record(objects, before, name)
        new, why_new = _record(objects, after, name)
        yield Step(found, name, old, new, why_old or why_new)


def _record(objects: Objects, blob: str, name: str) -> tuple[Record | None, str]:
    found = objects.get(blob) if blob else None
    if found is None:
        return None, ""
    try:
        return from_text(found[1].decode(errors="replace"), name), ""
    except DeepcatError as error:
        return None, error.message


def _who(head: str, role: str) -> tuple[str, str, str]:
    """Name, address and instant of a header line."""
    for line in head.splitlines():
        if line.startswith(f"{role} ") and (found := _WHO.match(line.removeprefix(f"{role} "))):
            return found["name"], found["mail"], _instant(found["seconds"])
    return "", "", ""


def _instant(seconds: str) -> str:
    try:
        at = datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return at.isoformat(timespec="seconds")
