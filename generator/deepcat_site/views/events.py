"""What happened to deployments, as pages show it: an event a commit of the records, by month."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from deepcat.records.audit import facts
from deepcat.records.history import instant
from deepcat_site.values import Event
from deepcat_site.views.read import line

# What a month's page shows at most; the rest is counted.
MOST = 500
_COMMIT = re.compile(r"[0-9a-f]{7,64}\Z")
# What a lease writes to show that its holder lives tells a reader nothing.
_BEAT = "still at work"


@dataclass(frozen=True, slots=True)
class Row:
    """One event with the deployment that it happened to."""

    deployment: str
    event: Event


@dataclass(frozen=True, slots=True)
class Month:
    """All that happened in one month.

    Attributes:
        name: as ``2026-01``.
        path: of its page.
        rows: newest first, as many as are shown.
        more: how many are not.
    """

    name: str
    path: str
    rows: tuple[Row, ...]
    more: int


def event(at: str, subject: str, body: str) -> Event | None:
    """The event of a commit; None for a sign of life.

    Args:
        at: ISO 8601 instant.
        subject: the message's first line, which begins with the deployment's name.
        body: the rest of the message.
    """
    words = subject.partition(": ")[2]
    if words == _BEAT:
        return None
    told = facts(body)
    when, outcome = instant(at), _outcome(words, told)
    return Event(
        when.isoformat() if when else "",
        line(words),
        outcome=outcome,
        by=line(told.get("by", ""), 80),
        commit=_commit(told.get("commit", "")),
        run=line(told.get("run", ""), 60),
        price=_price(told.get("price_hour")) if outcome == "well" else None,
    )


def _outcome(words: str, told: Mapping[str, object]) -> str:
    """``well``, ``failed`` or ``begun``; empty for what is neither, such as a lock released."""
    if words.startswith("begin to "):
        return "begun"
    if told.get("action", "release") == "release":
        return ""
    return "failed" if "failures" in told else "well"


def _commit(value: object) -> str:
    return value if isinstance(value, str) and _COMMIT.match(value) else ""


def _price(value: object) -> float | None:
    try:
        found = float(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and 0 <= found < 1e9 else None


def months(history: Mapping[str, Sequence[Event]]) -> tuple[Month, ...]:
    """All events by month, newest first; the newest month's page is the first one.

    A month that is over keeps its page as it is, whatever happens later.
    """
    rows = [Row(name, each) for name, events in history.items() for each in events]
    rows.sort(key=lambda row: (_instant(row), row.deployment), reverse=True)
    return tuple(_pages(rows))


def _pages(rows: Sequence[Row]) -> Iterator[Month]:
    for number, (name, found) in enumerate(groupby(rows, lambda row: _instant(row)[:7])):
        mine = tuple(found)
        path = f"history/{'' if number == 0 else f'{name}/'}index.html"
        yield Month(name, path, mine[:MOST], max(0, len(mine) - MOST))


def _instant(row: Row) -> str:
    at = instant(row.event.at)
    return at.isoformat() if at else "0000-00"
