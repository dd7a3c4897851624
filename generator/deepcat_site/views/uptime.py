"""What is known of how long something was up, in words: never more than is known. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from deepcat.plan.status import Status
from deepcat.records.history import Span, known, uptime
from deepcat_site.html.formats import percent
from deepcat_site.text import Text

# So far back the pages look.
DAYS = 30
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def uptime_words(lived: Sequence[Span], until: datetime, text: Text) -> str:
    """How it was in the last days: ``up for 3 minutes``, ``98 % up, 1 day of 30 known``.

    Args:
        lived: stretches of time, of one deployment or of several.
        until: the instant that the page speaks of.
        text: the interface's words.

    Returns:
        Empty where it never should have run.
    """
    since = until - timedelta(days=DAYS)
    share = uptime(lived, since, until)
    if share is None:
        return ""
    words, there = text.uptime, known(lived, since, until)
    if there >= timedelta(days=DAYS - 1):
        return str(words.whole.format(n=percent(share), days=DAYS))
    time = duration(there, text)
    if share < 1:
        return str(words.part.format(n=percent(share), time=time, days=DAYS))
    runs = any(span.end >= until and span.status == Status.RUNNING for span in lived)
    return str((words.runs if runs else words.ran).format(time=time))


def day_words(lived: Sequence[Span], begin: datetime, end: datetime, text: Text) -> str:
    """How it was on one day, or on what has passed of it."""
    share = uptime(lived, begin, end)
    if share is None:
        return str(text.status_page.day_none)
    there = known(lived, begin, end)
    words = text.uptime.day if there >= timedelta(days=1) else text.uptime.day_part
    return str(words.format(n=percent(share), time=duration(there, text)))


def duration(time: timedelta, text: Text) -> str:
    """A length of time in whole minutes, hours or days, as people say it."""
    seconds = int(time.total_seconds())
    words = text.uptime
    if seconds < _MINUTE:
        return str(words.moment)
    unit, size = ("days", _DAY) if seconds >= _DAY else ("hours", _HOUR)
    if seconds < _HOUR:
        unit, size = "minutes", _MINUTE
    count = seconds // size
    return str(words[unit].counted(count))
