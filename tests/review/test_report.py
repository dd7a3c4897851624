"""What stage one left behind is data that anyone may have forged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcat.review.report import (
    FORMAT,
    MAX_BYTES,
    samples_from_json,
    samples_to_json,
)
from deepcat.review.values import SampleResult

HEAD = "a" * 40
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def test_samples_come_back_as_they_were_for_the_commit_that_they_are_of() -> None:
    samples = (SampleResult("m", "1.0.0", 2, {"one": "why"}),)
    text = samples_to_json(HEAD, samples)
    assert samples_from_json(text, HEAD) == samples
    assert samples_from_json(text, "b" * 40) is None


@given(st.lists(JSON | st.fixed_dictionaries({"module": JSON, "passed": JSON, "failed": JSON})))
def test_any_forgery_is_taken_as_far_as_it_has_the_form(rows: list[Any]) -> None:
    text = json.dumps({"format": FORMAT, "head": HEAD, "samples": rows})
    for each in samples_from_json(text, HEAD) or ():
        assert isinstance(each.module, str)
        assert each.passed >= 0
        assert all(isinstance(why, str) and len(why) <= 500 for why in each.failed.values())


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "null", '{"format": "other"}', "[" * 100_000, " " * (MAX_BYTES + 1)],
    ids=["empty", "list", "cut", "null", "other", "deep", "long"],
)
def test_what_says_nothing_of_samples_is_none(text: str) -> None:
    assert samples_from_json(text, HEAD) is None
