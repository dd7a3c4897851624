"""When a notebook stops."""

from __future__ import annotations

import pytest

from deepcat.host.failure import StepError
from deepcat.host.notebook.ends import Bounds, last_use
from deepcat.host.notebook.values import idle_seconds

AT = "1970-01-01T00:10:00.500000Z"  # 600.5


@pytest.mark.parametrize(
    ("text", "seconds"), [("2h", 7200), ("90 m", 5400), ("off", 0), ("1d", 86_400), ("45s", 45)]
)
def test_a_time_is_read(text: str, seconds: int) -> None:
    assert idle_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "2", "-1h", "0h", "2 weeks", "1h; rm"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(StepError, match="is no time"):
        idle_seconds(text)


def test_a_kernel_that_computes_is_use() -> None:
    kernels = [{"execution_state": "busy", "last_activity": AT}]
    assert last_use(0, 5000, kernels, []) == 5000


def test_what_computes_on_a_card_is_use() -> None:
    assert last_use(0, 5000, [], [], computes=True) == 5000
    assert last_use(40, 5000, [], []) == 40


def test_the_last_activity_counts_and_never_lies_ahead() -> None:
    idle = {"execution_state": "idle", "last_activity": AT}
    assert last_use(0, 5000, [idle], []) == 600.5
    assert last_use(0, 5000, [], [{"last_activity": AT}]) == 600.5
    assert last_use(700, 5000, [idle], [{"last_activity": "nonsense"}]) == 700
    assert last_use(0, 100, [idle], []) == 100


def test_it_stops_at_what_comes_first_and_warns_before() -> None:
    assert Bounds().stops_at(50) == 0
    assert Bounds().warns_at(50) == 0
    assert Bounds(100).stops_at(50) == 150
    assert Bounds(100).warns_at(50) == 125
    assert Bounds(7200).warns_at(0) == 6900
    assert Bounds(100, 120).stops_at(50) == 120
    assert Bounds(0, 1000).warns_at(50) == 700


def test_what_comes_first_ends_it_and_is_named() -> None:
    bounds = Bounds(idle_s=60, until=300, leaves=200)
    assert (bounds.stops_at(100), bounds.reason(100)) == (160, "idle")
    assert (bounds.stops_at(150), bounds.reason(150)) == (200, "job")
    assert (bounds.why(199), bounds.why(200)) == ("", "the time of its job is over")
    assert Bounds(until=300).why(300) == "its time is over"
    assert Bounds(idle_s=60).why(1000) == ""
