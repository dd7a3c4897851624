"""What repeats in ISO 8601 is said in cron's words, or by name that it cannot be."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from deepcat.tosca.workloads.schedules import begins, cron, says

AT = "2026-03-04T17:22:00Z"  # a Wednesday


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (f"R/{AT}/PT1M", "* * * * *"),
        (f"R/{AT}/PT5M", "2-59/5 * * * *"),
        (f"R/{AT}/PT60M", "22 * * * *"),
        (f"R/{AT}/PT1H", "22 * * * *"),
        (f"R/{AT}/PT6H", "22 5-23/6 * * *"),
        (f"R/{AT}/PT24H", "22 17 * * *"),
        (f"R/{AT}/P1D", "22 17 * * *"),
        (f"R/{AT}/P7D", "22 17 * * 3"),
        (f"R/{AT}/P1W", "22 17 * * 3"),
        ("R/2026-03-01T00:00:00/P1W", "0 0 * * 0"),
        (f"R/{AT}/P1M", "22 17 4 * *"),
        (f"R/{AT}/P1Y", "22 17 4 3 *"),
        ("R/2026-03-04T00:30:00+02:00/P1D", "30 22 * * *"),
    ],
)
def test_what_cron_can_say(schedule: str, words: str) -> None:
    assert cron(schedule) == words
    assert says(schedule)


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ("every day", "repeats for ever"),
        (f"R5/{AT}/P1D", "repeats for ever"),
        ("R//P1D", "repeats for ever"),
        (f"R/{AT}/P1DT1H", "repeats for ever"),
        ("R/yesterday/P1D", "is no time"),
        ("R/2026-03-04T17:22:30Z/P1D", "has seconds"),
        (f"R/{AT}/PT7M", "no even part of 60"),
        (f"R/{AT}/PT0M", "no even part of 60"),
        (f"R/{AT}/PT36H", "no even part of 24"),
        (f"R/{AT}/PT30S", "does not count"),
        (f"R/{AT}/P2D", "has no words for"),
        ("R/2026-03-31T00:00:00Z/P1M", "has no words for"),
    ],
)
def test_what_it_cannot_is_said(schedule: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        cron(schedule)
    assert not says(schedule)


def test_when_the_first_one_is_due() -> None:
    assert begins("R/2026-03-04T00:30:00+02:00/P1D") == datetime(2026, 3, 3, 22, 30, tzinfo=UTC)
