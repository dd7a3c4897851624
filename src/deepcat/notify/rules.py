"""Who is told of what, and in which words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from deepcat.notify.values import Event, Notice, Wanted
from deepcat.plain import plain

# What one run tells one receiver; of more, the number is told.
MOST = 50
_LONGEST = 500
_IS = {
    Event.APPLIED: "is as wished",
    Event.HEALED: "was healed",
    Event.REMOVED: "was taken down",
    Event.EXPIRED: "has outlived its lifetime and was taken down",
    Event.FAILED: "failed",
    Event.REFUSED: "was refused",
}


def wanted(settings: Mapping[str, Any]) -> tuple[Wanted, ...]:
    """The entries of `notify`; settings that act were held against their schema before."""
    listed = settings.get("notify")
    return tuple(
        Wanted(
            each["to"],
            frozenset(map(Event, each.get("when", Event))),
            tuple(each.get("deployments", ())),
            frozenset(_people(each.get("owners", ()), settings)),
            each.get("secret", ""),
        )
        for each in (listed if isinstance(listed, list) else ())
    )


def chosen(entry: Wanted, notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """What one receiver wants to hear of."""
    return tuple(
        each
        for each in notices
        if each.event in entry.when
        and (not entry.owners or _handle(each.owner) in entry.owners)
        and (
            not entry.deployments
            or any(fnmatchcase(each.deployment, name) for name in entry.deployments)
        )
    )


def line(notice: Notice) -> str:
    """One notice as one line of text that commands nothing."""
    what = f"{notice.module} {notice.version}".strip()
    where = f" on {notice.cloud}" if notice.cloud else ""
    why = f": {notice.message}" if notice.message else ""
    words = f"{notice.deployment} ({what}) {_IS[notice.event]}{where}{why}"
    return plain(" ".join(words.split()))[:_LONGEST]


def letter(notices: Sequence[Notice]) -> tuple[str, str]:
    """A subject and a text for people."""
    first = notices[0]
    more = f" and {len(notices) - 1} more" if len(notices) > 1 else ""
    catalog = plain(first.catalog) or "deepcat"
    subject = f"{catalog}: {plain(first.deployment)} {_IS[first.event]}{more}"
    lines = [line(each) for each in notices[:MOST]]
    if len(notices) > MOST:
        lines.append(f"… and {len(notices) - MOST} more")
    return subject[:200], "\n".join(lines) + "\n"


def _people(names: Iterable[str], settings: Mapping[str, Any]) -> Iterator[str]:
    groups = settings.get("groups")
    known = groups if isinstance(groups, Mapping) else {}
    for name in names:
        yield from map(_handle, known.get(name, (name,)))


def _handle(text: str) -> str:
    return text.strip().removeprefix("@").lower()
