"""When a job repeats: ISO 8601's intervals, as Chronos takes them, in the words of cron. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_REPEATS = re.compile(r"R/(?P<begin>[^/]{1,40})/P(?P<period>T?[0-9]{1,5}[A-Z])\Z")
# Of which every month has one.
_MOST_DAY = 28


def begins(schedule: str) -> datetime:
    """When the first one is due, in UTC.

    Raises:
        ValueError: it is no schedule that cron could say.
    """
    return _read(schedule)[0]


def cron(schedule: str) -> str:
    """The same for ever, in UTC: minute, hour, day of the month, month, day of the week.

    Args:
        schedule: such as ``R/2026-01-01T03:30:00Z/P1D``.

    Raises:
        ValueError: cron cannot say it, or it is none; the message says why.
    """
    at, number, unit = _read(schedule)
    minute, hour, day = at.minute, at.hour, at.day
    if unit == "TM":
        return f"{_every(minute, number, 60)} * * * *"
    if unit == "TH":
        return f"{minute} {_every(hour, number, 24)} * * *"
    if (number, unit) in ((1, "D"), (1, "W"), (7, "D")):
        week = "*" if number == 1 and unit == "D" else str(at.isoweekday() % 7)
        return f"{minute} {hour} * * {week}"
    if number == 1 and unit in "MY" and day <= _MOST_DAY:
        return f"{minute} {hour} {day} {at.month if unit == 'Y' else '*'} *"
    raise ValueError(f"`{schedule[:80]}` repeats in a way that cron has no words for")


def says(schedule: str) -> bool:
    """Whether cron can say it."""
    try:
        cron(schedule)
    except ValueError:
        return False
    return True


def _every(first: int, number: int, of: int) -> str:
    """Each of them from the first on, until the next larger one begins again."""
    if number < 1 or of % number:
        raise ValueError(f"every {number} is no even part of {of}, and cron begins anew at each")
    if number == 1:
        return "*"
    return f"{first % number}-{of - 1}/{number}" if number < of else str(first)


def _read(schedule: str) -> tuple[datetime, int, str]:
    found = _REPEATS.match(schedule)
    if not found:
        message = "is none that repeats for ever from a time on, as `R/2026-01-01T03:30:00Z/P1D`"
        raise ValueError(f"`{schedule[:80]}` {message}")
    try:
        at = datetime.fromisoformat(found["begin"].replace("Z", "+00:00"))
    except ValueError:
        raise ValueError(f"`{found['begin']}` is no time") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    at = at.astimezone(UTC)
    if at.second or at.microsecond:
        raise ValueError(f"`{found['begin']}` has seconds, and cron counts minutes")
    period = found["period"]
    unit = period[-1] if not period.startswith("T") else f"T{period[-1]}"
    if unit not in ("TM", "TH", "D", "W", "M", "Y"):
        raise ValueError(f"cron does not count `{period}`")
    return at, int(period.strip("T")[:-1]), unit
