"""The last days of a deployment as a picture: one bar a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from markupsafe import Markup

from deepcat.plan.status import Status
from deepcat.records.history import Span, uptime
from deepcat_site.text import Text
from deepcat_site.views.uptime import DAYS, day_words, uptime_words

_STEP, _HIGH = 6, 22


def bars(lived: Sequence[Span], until: datetime, text: Text) -> Markup:
    """One bar a day: green as high as it ran, on the colour of what else held."""
    words = text.status_page
    last = until.date()
    days = [last - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    label = uptime_words(lived, until, text) or words.bars_none
    parts = [
        Markup('<svg class="days" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            DAYS * _STEP, _HIGH, label
        )
    ]
    parts += [_bar(at * _STEP, day, lived, until, text) for at, day in enumerate(days)]
    return Markup("").join([*parts, Markup("</svg>")])


def _bar(x: int, day: date, lived: Sequence[Span], until: datetime, text: Text) -> Markup:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    end = min(begin + timedelta(days=1), until)
    up = uptime(lived, begin, end)
    said = day_words(lived, begin, end, text)
    high = _HIGH - 2
    tall = 0.0 if up is None else round(up * high, 1)
    ground = _worst(lived, begin, end)
    shape = Markup('<rect class="day day-{}" x="{}" y="{}" width="4.4" height="{}" rx="1.5"/>')
    parts = []
    if tall < high:
        parts.append(shape.format(ground, x, 1, high))
    if tall:
        parts.append(shape.format("running", x, 1 + high - tall, tall))
    title = Markup("<title>{}: {}</title>").format(day.isoformat(), said)
    return Markup("<g>{}{}</g>").format(title, Markup("").join(parts))


def _worst(lived: Sequence[Span], begin: datetime, end: datetime) -> str:
    """What held on a day beside running: a failure if there was one."""
    held = {str(span.status) for span in lived if span.start < end and span.end > begin}
    order = (Status.FAILED, Status.PENDING, Status.STOPPING)
    return next((str(status) for status in order if status in held), "none")
