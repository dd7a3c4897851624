"""When something was or will be, in the reader's own time."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from deepcat.cli.times import when

NOW = datetime.fromisoformat("2026-12-01T23:30:00+00:00")


@pytest.mark.parametrize(
    ("zone", "at", "shown"),
    [
        ("UTC", "2026-12-01T08:01:30+00:00", "08:01"),
        ("UTC", "2026-12-01T08:01:30", "08:01"),
        ("UTC", "2026-12-01T08:01:30+02:00", "06:01"),
        ("UTC", "2026-11-30T08:01:30+00:00", "2026-11-30 08:01"),
        ("CET-1", "2026-12-01T23:15:00+00:00", "00:15"),
        ("CET-1", "2026-12-01T08:01:30+00:00", "2026-12-01 09:01"),
        ("CET-1", "9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59+00:00"),
        ("UTC", "so\x1b[2Jon", "so\\u001b[2Jon"),
    ],
)
def test_a_day_is_told_where_it_is_another_one(
    zone: str, at: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert when(at, NOW) == shown
    finally:
        monkeypatch.undo()
        time.tzset()
