"""How long something was up, in words that say no more than is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deepcat.records.history import Span
from deepcat_site import text
from deepcat_site.views.uptime import day_words, duration, uptime_words

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = 1 / 1440, 1 / 24, 1.0


def spans(*rows: tuple[float, float, str]) -> list[Span]:
    """Stretches that begin and end so many days before noon."""
    counted = ("running", "failed")
    return [
        Span(NOON - timedelta(days=start), NOON - timedelta(days=end), status, 0, status in counted)
        for start, end, status in rows
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], ""),
        ([(3, 0, "pending")], ""),
        ([(0.4 * MINUTE, 0, "running")], "up for less than a minute"),
        ([(MINUTE * 1.01, 0, "running")], "up for 1 minute"),
        ([(3.2 * MINUTE, 0, "running")], "up for 3 minutes"),
        ([(HOUR * 1.5, 0, "running")], "up for 1 hour"),
        ([(23.5 * HOUR, 0, "running")], "up for 23 hours"),
        ([(47.5 * HOUR, 0, "running")], "up for 1 day"),
        ([(12, 0, "running")], "up for 12 days"),
        ([(12, 2, "running")], "up for the 10 days that it ran"),
        ([(40, 0, "running")], "100 % up in the last 30 days"),
        ([(40, 35, "running")], ""),
        ([(40, 15, "running"), (15, 0, "failed")], "50 % up in the last 30 days"),
        ([(2, 1, "running"), (1, 0, "failed")], "50 % up, 2 days of 30 days known"),
        ([(HOUR, 0, "failed")], "0 % up, 1 hour of 30 days known"),
        # Two deployments at once: what is known of one hour is known once.
        ([(HOUR, 0, "running"), (HOUR, 0, "failed")], "50 % up, 1 hour of 30 days known"),
        ([(5, 0, "running"), (2, 1, "running")], "up for 5 days"),
    ],
)
def test_words_say_what_is_known(rows: list[tuple[float, float, str]], words: str) -> None:
    assert uptime_words(spans(*rows), NOON, text.load()) == words


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(3, 0, "running")], "100 % up"),
        ([(1.25, 1, "running")], "100 % up, 6 hours known"),
        ([(1.25, 1.125, "running"), (1.125, 1, "failed")], "50 % up, 6 hours known"),
        ([], "did not run"),
    ],
)
def test_a_day_says_how_much_of_it_is_known(
    rows: list[tuple[float, float, str]], words: str
) -> None:
    begin = NOON - timedelta(days=2)
    assert day_words(spans(*rows), begin, begin + timedelta(days=1), text.load()) == words


def test_a_duration_is_never_rounded_up() -> None:
    assert duration(timedelta(seconds=119), text.load()) == "1 minute"
    assert duration(timedelta(days=2, seconds=-1), text.load()) == "1 day"
