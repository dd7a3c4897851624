"""How a command says when something was or will be: in the reader's own time."""

from __future__ import annotations

from datetime import datetime

from deepcat.plain import plain


def when(at: str, now: datetime | None = None) -> str:
    """An instant: the time alone where it is today, else the day, too.

    Args:
        at: ISO 8601; what is none, or of a year that no clock has, is shown as it is.
        now: with a time zone; this moment when None.
    """
    from deepcat.plan.lifetime import instant

    try:
        here = instant(at).astimezone()
        today = (now or datetime.now().astimezone()).astimezone()
    except (OverflowError, ValueError, OSError):
        return plain(at)
    return here.strftime("%H:%M" if here.date() == today.date() else "%Y-%m-%d %H:%M")
