"""Which day has come: wherever on Earth somebody writes it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from deepcat.catalog.judging.rules.module_future import last_day

DAYS = [
    (datetime(2024, 2, 28, 9, 59, tzinfo=UTC), "2024-02-28"),
    (datetime(2024, 2, 28, 10, 0, tzinfo=UTC), "2024-02-29"),
    (datetime(2024, 12, 31, 23, 59, tzinfo=UTC), "2025-01-01"),
]


@pytest.mark.parametrize(("now", "day"), DAYS)
def test_a_day_has_come_once_it_began_in_the_earliest_zone(now: datetime, day: str) -> None:
    assert last_day(now) == day
