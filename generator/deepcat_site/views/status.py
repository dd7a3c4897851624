"""What the pages of deployments show: state, cost so far, history, the last days as bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from markupsafe import Markup

from deepcat.plan.values import Status
from deepcat.records.record import Record
from deepcat_site.values import Event
from deepcat_site.views.module import Place, place
from deepcat_site.views.read import line, mapping

DAYS = 30
_ALIVE = {Status.RUNNING, Status.PENDING, Status.FAILED, Status.STOPPING}


@dataclass(frozen=True, slots=True)
class Row:
    """One deployment.

    Attributes:
        place: where it runs.
        owner: forge handle.
        expires: instant, or empty.
        commit: whose plan was applied.
        cost: spent so far, in the catalog's currency, by the price and the time it ran.
        bars: the last days as a picture.
        samples: what the last comparison with the samples gave, in words.
        intent: what is under way, or empty.
        failures: why the last try failed.
        inputs: of the topology.
        history: newest first.
    """

    place: Place
    owner: str
    expires: str
    commit: str
    cost: float
    bars: Markup
    samples: str
    intent: str
    failures: tuple[str, ...]
    inputs: tuple[tuple[str, str], ...]
    history: tuple[Event, ...]


def instant(text: str) -> datetime | None:
    """An ISO 8601 instant; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def row(
    record: Record, history: Sequence[Event], until: datetime, words: str, samples_words: str
) -> Row:
    """Gather a deployment.

    Args:
        record: what is known now.
        history: events, newest first.
        until: the instant that the page speaks of.
        words: says what the bars show, with a `{words}` to fill.
        samples_words: says how many samples passed, with `{passed}` and `{failed}` to fill.
    """
    state = record.state
    spans = _spans(record, history, until)
    return Row(
        place=place(record),
        owner=line(state.owner, 60),
        expires=state.expires,
        commit=line(state.commit, 40),
        cost=record.price_hour * sum(_hours(a, b) for a, b, s in spans if s == Status.RUNNING),
        bars=bars(spans, until, words),
        samples=_samples(record, samples_words),
        intent=line(record.intent.get("action")),
        failures=tuple(_failure(failure) for failure in record.failures),
        inputs=tuple((line(key, 60), line(str(value), 200)) for key, value in state.inputs.items()),
        history=tuple(history),
    )


def _failure(failure: object) -> str:
    data = mapping(failure)
    parts = [line(data.get(key)) for key in ("cloud", "message")]
    return ": ".join(part for part in parts if part) or line(str(failure))


def _samples(record: Record, words: str) -> str:
    counts = {}
    for key in ("passed", "failed"):
        value = record.samples.get(key, 0)
        counts[key] = len(value) if isinstance(value, list | tuple) else value
    return words.format(**counts) if record.samples else ""


Span = tuple[datetime, datetime, str]


def _spans(record: Record, history: Sequence[Event], until: datetime) -> list[Span]:
    """Stretches of time with the status that held, oldest first."""
    points = [(at, event.status) for event in history if (at := instant(event.at)) and event.status]
    points.sort()
    if not points and (at := instant(record.created or record.updated)):
        points = [(at, str(record.state.status))]
    ends = [at for at, _ in points[1:]] + [max(until, points[-1][0])] if points else []
    return [(at, end, status) for (at, status), end in zip(points, ends, strict=True)]


def _hours(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 3600


def bars(spans: Sequence[Span], until: datetime, words: str) -> Markup:
    """One bar a day: how the deployment was for most of it."""
    last = until.date()
    days = [last - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    kinds = [_day(spans, day, until) for day in days]
    up = sum(kind == Status.RUNNING for kind in kinds)
    label = words.format(words=f"{up}/{sum(bool(kind) for kind in kinds)}")
    parts = [
        Markup('<svg class="days" viewBox="0 0 {} 22" role="img" aria-label="{}">').format(
            DAYS * 6, label
        )
    ]
    for at, (day, kind) in enumerate(zip(days, kinds, strict=True)):
        parts.append(
            Markup(
                '<rect class="day day-{}" x="{}" y="1" width="4.400" height="20" rx="1.500">'
                "<title>{}{}</title></rect>"
            ).format(kind or "none", at * 6, day.isoformat(), f": {kind}" if kind else "")
        )
    return Markup("").join([*parts, Markup("</svg>")])


def _day(spans: Sequence[Span], day: date, until: datetime) -> str:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    end = min(begin + timedelta(days=1), until)
    held: dict[str, float] = {}
    for start, stop, status in spans:
        seconds = (min(stop, end) - max(start, begin)).total_seconds()
        if seconds > 0 and status in _ALIVE:
            held[status] = held.get(status, 0.0) + seconds
    return max(held, key=lambda status: held[status]) if held else ""
