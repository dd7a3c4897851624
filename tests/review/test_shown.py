"""What a review showed holds a merge; what was forged, cut or of another commit shows nothing."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from deepcat.review.comment import Links, comment
from deepcat.review.report import Report
from deepcat.review.shown import NOTHING, REST, Shown, kept, of, read
from deepcat.review.values import Review

HEAD = "a" * 40
CLEAN = Review((), (), frozenset())


def forged(data: Any) -> str:
    return f"<!-- deepcat-shown: {base64.b64encode(json.dumps(data).encode()).decode()} -->"


def test_what_was_shown_can_be_read_again() -> None:
    shown = {"demo-1": Shown("a--b", "A100-80GB", 1.5, 2.0)}
    body = comment(Report(HEAD, shown=shown), CLEAN, None, Links())
    assert read(body, HEAD) == shown
    assert of(read(body, HEAD), "other") is None
    assert read(body, "b" * 40) == {REST: NOTHING}


@pytest.mark.parametrize("body", ["nothing", "<!-- deepcat-shown: AAAA -->", forged([])])
def test_a_comment_that_shows_nothing_bounds_at_nothing(body: str) -> None:
    assert of(read(body, HEAD), "demo") == NOTHING


@pytest.mark.parametrize("price", [-1, True, 1e9, "1e9", None, [1]])
def test_a_price_that_is_none_is_nothing(price: Any) -> None:
    rows = {"demo": ["local", "", price, price]}
    assert read(forged({"head": HEAD, "shown": rows}), HEAD)["demo"] == Shown("local", "", 0.0)


@pytest.mark.parametrize("price", [float("nan"), float("inf")])
def test_where_a_number_is_none_nothing_was_shown(price: float) -> None:
    rows = {"demo": ["local", "", price, price]}
    assert read(forged({"head": HEAD, "shown": rows}), HEAD) == {"*": Shown("", "", 0.0)}


def test_what_stands_further_down_does_not_count() -> None:
    later = forged({"head": HEAD, "shown": {"demo": ["local", "", 1e9, 1e9]}})
    body = comment(Report(HEAD, plan=later, summary=later), CLEAN, None, Links())
    assert read(body, HEAD) == {}


def test_what_does_not_fit_bounds_at_nothing_and_the_rest_is_kept_before_what_is_cut() -> None:
    shown = {f"d-{count:05}": Shown("cloud", "H100", 1.0) for count in range(5000)}
    line = kept(HEAD, shown)
    assert len(line) < 25_000
    found = read(line, HEAD)
    assert found["d-00000"] == Shown("cloud", "H100", 1.0)
    assert of(found, "d-04999") == NOTHING
