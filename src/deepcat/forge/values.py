"""What is asked of a forge, and what it tells: plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

MAX_BODY = 65_000
LABEL = "deepcat"
_MARKER = re.compile(r"<!-- deepcat:([A-Za-z0-9._/-]+) -->")


class Role(StrEnum):
    """What the forge lets somebody do with the repository."""

    OWNER = "owner"
    WRITER = "writer"
    READER = "reader"


class Says(StrEnum):
    """What a review comes to; one that only comments is no vote."""

    YES = "yes"
    NO = "no"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Vote:
    """One review of a pull request, as the forge tells it.

    Attributes:
        handle: whose it is.
        says: what it comes to.
        commit: what was looked at.
        role: what the forge lets them do.
        is_bot: whether a program gave it.
    """

    handle: str
    says: Says
    commit: str
    role: Role = Role.READER
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class People:
    """Who stands behind a change, as a forge or signatures tell it.

    Attributes:
        head: the commit that votes must be of.
        author: handle; empty when nobody proved who wrote it.
        role: what the forge lets the author do.
        votes: oldest first.
        teams: person -> the teams (``owner/team``) that they are in.
    """

    head: str = ""
    author: str = ""
    role: Role = Role.READER
    votes: tuple[Vote, ...] = ()
    teams: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pull:
    """An open pull request, as the forge tells it.

    Attributes:
        number: the forge's own.
        head: the commit proposed.
        base: the branch it shall go to.
        people: who wrote it, and its reviews.
        labels: names.
    """

    number: int
    head: str
    base: str
    people: People
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Part:
    """A file or a folder as it stands in some commit of the repository.

    Attributes:
        mode: Git's, such as ``100644``.
        kind: ``blob`` or ``tree``.
        sha: the object's id.
    """

    mode: str
    kind: str
    sha: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change for a person to merge: one open pull request for each key.

    Attributes:
        key: stable, such as ``revert/<deployment>``; two proposals with one key are the same one.
        base: the branch it shall go to.
        title: one line.
        body: Markdown.
        parts: POSIX path from the repository's root -> what shall stand there; None: nothing.
        head: the commit that its branch holds already, where it was made and brought there before;
            then `parts` say nothing.
        is_draft: whether a person must first say that it is ready.
        once: what its body holds that no other proposal's does: one that was closed with it is
            not opened again. Empty where it may be.
    """

    key: str
    base: str
    title: str
    body: str
    parts: Mapping[str, Part | None] = field(default_factory=dict)
    head: str = ""
    is_draft: bool = False
    once: str = ""

    @property
    def branch(self) -> str:
        """The branch that carries it."""
        return f"deepcat/{self.key}"


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that a person must mend: one open issue for each key.

    Attributes:
        key: stable, such as ``mend/<deployment>``.
        title: one line.
        body: Markdown.
    """

    key: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """One note on one line of a file; line 0 means the whole file."""

    path: str
    line: int
    title: str
    message: str
    is_error: bool


@dataclass(frozen=True, slots=True)
class Check:
    """The verdict on a commit.

    Attributes:
        name: as the forge lists it.
        commit: full hash.
        conclusion: ``success``, ``failure``, ``neutral`` or ``action_required``.
        title: one line.
        summary: Markdown.
        annotations: as many as there are; a forge may show fewer.
    """

    name: str
    commit: str
    conclusion: str
    title: str
    summary: str
    annotations: tuple[Annotation, ...] = field(default=())


class Inbox(Protocol):
    """Where people hear of what failed; every forge has one."""

    def put_proposal(self, proposal: Proposal) -> str:
        """Open or update the one pull request of this key; gives its address."""

    def put_issue(self, issue: Issue) -> str:
        """Open or update the one issue of this key; gives its address."""

    def open_keys(self) -> frozenset[str]:
        """The keys of all that is open."""

    def close(self, key: str, reason: str) -> None:
        """Close what is open under this key, because it no longer holds."""


def key_of(body: str) -> str:
    """The key that a body's marker names; empty when it has none."""
    found = _MARKER.match(body)
    return found[1] if found else ""


def marker(key: str) -> str:
    """The hidden first line by which deepcat knows its own text again."""
    return f"<!-- deepcat:{key} -->"


def marked(key: str, body: str) -> str:
    """A body that begins with its marker and fits into what a forge takes."""
    head = f"{marker(key)}\n"
    room = MAX_BODY - len(head)
    if len(body) > room:
        note = "\n\n… the rest was cut; the run's artifact holds all of it.\n"
        body = body[: room - len(note)] + note
    return head + body
