"""A clock that jumps is noticed; one that is set right by a little is not."""

from __future__ import annotations

import pytest

from deepcat.review.clock_jump import ClockReading, from_json, jump, to_json

BEFORE = ClockReading(1_000_000.0, 500.0, "boot")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (ClockReading(1_001_800.0, 2_300.0, "boot"), 0.0),
        (ClockReading(1_001_900.0, 2_300.0, "boot"), 0.0),
        (ClockReading(32_537_800.0, 2_300.0, "boot"), 31_536_000.0),
        (ClockReading(-30_534_200.0, 2_300.0, "boot"), -31_536_000.0),
        (ClockReading(32_537_800.0, 2_300.0, "another boot"), 0.0),
        (ClockReading(32_537_800.0, 400.0, "boot"), 0.0),
    ],
)
def test_a_jump_is_told_from_time_that_passed(now: ClockReading, expected: float) -> None:
    assert jump(BEFORE, now) == pytest.approx(expected)
    assert jump(None, now) == 0.0


def test_a_look_comes_back_as_it_was() -> None:
    assert from_json(to_json(BEFORE)) == BEFORE
    for text in ("", "[]", "{}", '{"wall": "x", "steady": 1, "boot": "b"}'):
        assert from_json(text) is None
