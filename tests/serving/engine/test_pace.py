"""Which threads run a graph, told by how long runs took."""

from __future__ import annotations

import pytest

from deepcat.serving.engine.pace import Pace

CALLER, POOL = True, False


def after(runs: int, *, caller_ms: float, pool_ms: float, size: int = 100) -> Pace:
    pace = Pace()
    for _ in range(runs):
        way = pace.in_caller(size)
        seconds = (caller_ms if way else pool_ms) / 1000
        pace.add(way, size, seconds, seconds)
    return pace


def test_both_ways_are_tried_before_one_is_kept() -> None:
    pace = Pace()
    ways = []
    for _ in range(9):
        ways.append(pace.in_caller(1))
        pace.add(ways[-1], 1, 0.001, 0.001)
    assert ways == [POOL] * 5 + [CALLER] * 4


@pytest.mark.parametrize(
    ("caller_ms", "pool_ms", "kept"),
    [
        (10, 10, CALLER),
        (10, 9, CALLER),
        (10, 7, POOL),
        (0.5, 5, CALLER),
    ],
    ids=["alike", "threads a little quicker", "threads much quicker", "threads slower"],
)
def test_the_way_that_costs_less_is_kept(caller_ms: float, pool_ms: float, kept: bool) -> None:
    pace = after(20, caller_ms=caller_ms, pool_ms=pool_ms)
    assert pace.in_caller(100) is kept


def test_the_other_way_is_tried_again() -> None:
    pace = after(256, caller_ms=10, pool_ms=1)
    assert pace.in_caller(100) is CALLER
    pace.add(CALLER, 100, 0.01, 0.01)
    assert pace.in_caller(100) is POOL


@pytest.mark.parametrize(
    ("size", "timeout_ms", "way"),
    [(100, 1000, CALLER), (100, 100, POOL), (1000, 1000, POOL), (1000, 0, CALLER)],
    ids=["far deadline", "near deadline", "large input by a deadline", "large input"],
)
def test_what_may_have_to_be_stopped_runs_where_it_can_be(
    size: int, timeout_ms: int, way: bool
) -> None:
    assert after(20, caller_ms=10, pool_ms=10).in_caller(size, timeout_ms) is way


def test_what_nobody_knows_yet_runs_where_it_can_be_stopped() -> None:
    assert Pace().in_caller(1, 10**9) is POOL


@pytest.mark.parametrize(("caller_ms", "pool_ms", "quick"), [(0.1, 0.1, True), (2, 2, False)])
def test_quick_is_what_takes_less_than_a_hand_over(
    caller_ms: float, pool_ms: float, quick: bool
) -> None:
    assert after(20, caller_ms=caller_ms, pool_ms=pool_ms).quick is quick


def test_one_slow_run_counts_at_once() -> None:
    pace = after(20, caller_ms=0.1, pool_ms=0.1)
    pace.add(CALLER, 100, 1.0, 1.0)
    assert not pace.quick


def test_what_waited_for_the_processor_is_still_quick() -> None:
    pace = after(20, caller_ms=0.1, pool_ms=0.1)
    pace.add(CALLER, 100, 0.0005, 0.0001)
    assert pace.quick
