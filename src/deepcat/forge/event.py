"""What woke a workflow: GitHub's event, read as data. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deepcat.foreign import read_json

# GitHub's own are at most 25 MB.
_MOST_BYTES = 26_214_400
_MOST_NUMBER = 2**31
_MOST_TEXT = 2_000
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?\Z")

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:-]+(/[A-Za-z0-9._~/?=&%-]*)?\Z")


@dataclass(frozen=True, slots=True)
class Event:
    """The parts of an event that the commands read; what is missing is empty or 0.

    Attributes:
        number: the pull request's; 0 where the event does not say it.
        author: the pull request's, by handle.
        base: the commit before: the pull request's base, or what a push found.
        head: the commit after.
        branch: the pull request's own branch, or the branch pushed to.
        owner: of the repository that the pull request comes from.
        run: address of the run that this event tells of, or empty.
        actor: who pushed, or started the workflow, by handle.
        is_queued: whether a merge queue asks, which takes several pull requests together.
    """

    number: int = 0
    author: str = ""
    base: str = ""
    head: str = ""
    branch: str = ""
    owner: str = ""
    run: str = ""
    actor: str = ""
    is_queued: bool = False


def read_event(text: str) -> Event:
    """Read `$GITHUB_EVENT_PATH`; what is odd in it is left out."""
    try:
        data = read_json(text, _MOST_BYTES)
    except ValueError:
        data = {}
    if not isinstance(data, Mapping):
        return Event()
    if "workflow_run" in data:
        run = _part(data, "workflow_run")
        return Event(
            head=_sha(run.get("head_sha")),
            branch=_text(run.get("head_branch")),
            owner=_text(_part(_part(run, "head_repository"), "owner").get("login")),
            run=_address(run.get("html_url")),
            is_queued=run.get("event") == "merge_group",
        )
    if "merge_group" in data:
        group = _part(data, "merge_group")
        return Event(
            base=_sha(group.get("base_sha")),
            head=_sha(group.get("head_sha")),
            branch=_text(group.get("head_ref")).removeprefix("refs/heads/"),
            is_queued=True,
        )
    if "pull_request" in data:
        pull = _part(data, "pull_request")
        head, base = _part(pull, "head"), _part(pull, "base")
        return Event(
            number=_number(pull.get("number")),
            author=_text(_part(pull, "user").get("login")),
            base=_sha(base.get("sha")),
            head=_sha(head.get("sha")),
            branch=_text(head.get("ref")),
            owner=_text(_part(_part(head, "repo"), "owner").get("login")),
        )
    return Event(
        base=_sha(data.get("before")),
        head=_sha(data.get("after")),
        branch=_text(data.get("ref")).removeprefix("refs/heads/"),
        actor=_text(_part(data, "pusher").get("name")) or _text(_part(data, "sender").get("login")),
    )


def _part(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    """One line that can be printed; a name that is none is nobody's."""
    is_line = isinstance(value, str) and len(value) <= _MOST_TEXT and value.isprintable()
    return value if is_line else ""


def _number(value: Any) -> int:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 < value < _MOST_NUMBER else 0


def _address(value: Any) -> str:
    text = _text(value)
    return text if _ADDRESS.match(text) else ""


def _sha(value: Any) -> str:
    """A full hash; nothing else ever reaches Git's arguments. All zeros stand for none."""
    text = _text(value)
    return text if _SHA.match(text) and text.strip("0") else ""
