"""How a deployment has been: a short history kept in its record; nobody reads the log. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from deepcat.plan.status import Status
from deepcat.records.record import Moment, Record

# Moments that a record keeps; what older ones cost stays in `Record.spent`.
KEPT = 64
# What is being brought up or taken down is no outage, nor is a job that ended.
_COUNTED = frozenset({Status.RUNNING, Status.FAILED})
_COUNTED_JOB = frozenset({Status.RUNNING})


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in which nothing changed.

    Attributes:
        start: its begin, UTC.
        end: its end; the same as `start` or later.
        status: what held.
        price_hour: in the catalog's currency; paid while the status is ``running``.
        is_counted: whether it should have run then.
    """

    start: datetime
    end: datetime
    status: str
    price_hour: float
    is_counted: bool = True

    @property
    def hours(self) -> float:
        """How long it is."""
        return (self.end - self.start).total_seconds() / 3600

    @property
    def cost(self) -> float:
        """What was paid for it."""
        return self.price_hour * self.hours if self.status == Status.RUNNING else 0.0


def noted(before: Record | None, after: Record, now: str) -> Record:
    """The record that is about to be written, with what changes noted in its history.

    Args:
        before: what is there; its history goes on, whatever `after` says of it.
        after: what shall be there.
        now: ISO 8601 instant, for a change of which the record itself says no time.
    """
    if before is not None:
        after = replace(after, history=before.history, spent=before.spent)
    status, price = after.state.status.value, after.price_hour
    last = after.history[-1] if after.history else None
    if last is not None and (last.status, last.price_hour) == (status, price):
        return after
    new = [Moment(_when(before, after) or now, status, price)]
    if after.state.has_ended and last is not None and last.status == Status.PENDING:
        # Nobody saw it run in between: it took its hosts from when it was begun.
        new.insert(0, Moment(last.at, Status.RUNNING.value, price))
    return _cut(replace(after, history=(*after.history, *new)))


def _when(before: Record | None, after: Record) -> str:
    if after.state.has_ended:
        return after.state.ended  # a job ended then, whenever that was seen
    if before is None:
        return after.updated or after.created
    return after.updated if after.updated != before.updated else ""


def _cut(record: Record) -> Record:
    """Drop what is too old to be kept, but not what it cost."""
    too_many = len(record.history) - KEPT
    if too_many <= 0:
        return record
    old = _spans(record.history[: too_many + 1], None, record.state.is_job)
    spent = record.spent + sum(span.cost for span in old[:too_many])
    return replace(record, history=record.history[too_many:], spent=spent)


def spans(record: Record, until: datetime) -> tuple[Span, ...]:
    """The record's history as stretches of time, oldest first, the last one until now.

    A record of before there were histories has one stretch: as it is, since its last change.
    """
    moments = record.history
    if not moments and (at := record.updated or record.created):
        moments = (Moment(at, record.state.status.value, record.price_hour),)
    return _spans(moments, until, record.state.is_job)


def _spans(moments: Sequence[Moment], until: datetime | None, is_job: bool) -> tuple[Span, ...]:
    """Stretches of time; a clock that went back makes one of no length, never a negative one."""
    found: list[Span] = []
    points = [(at, moment) for moment in moments if (at := instant(moment.at)) is not None]
    counted = _COUNTED_JOB if is_job else _COUNTED
    ends = [at for at, _ in points[1:]] + [until or points[-1][0]] if points else []
    for (at, moment), end in zip(points, ends, strict=True):
        start = max(at, found[-1].end) if found else at
        status = moment.status
        found.append(Span(start, max(start, end), status, moment.price_hour, status in counted))
    return tuple(found)


def cost(record: Record, until: datetime) -> float:
    """What the deployment has cost so far, in the catalog's currency."""
    return record.spent + sum(span.cost for span in spans(record, until))


def uptime(given: Sequence[Span], since: datetime, until: datetime) -> float | None:
    """The share of the time in which it should have run that it did; None where it never should."""
    there = up = 0.0
    for span in given:
        seconds = (min(span.end, until) - max(span.start, since)).total_seconds()
        if seconds <= 0 or not span.is_counted:
            continue
        there += seconds
        up += seconds if span.status == Status.RUNNING else 0.0
    return up / there if there else None


def known(given: Iterable[Span], since: datetime, until: datetime) -> timedelta:
    """For how long anything is known of what should have run; what overlaps counts once."""
    there, end = timedelta(), since
    for span in sorted((span for span in given if span.is_counted), key=lambda span: span.start):
        last = min(span.end, until)
        there += max(timedelta(), last - max(span.start, end))
        end = max(end, last)
    return there


def instant(text: str) -> datetime | None:
    """An ISO 8601 instant, UTC where it names no zone; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
