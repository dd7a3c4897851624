"""What stage one left behind is data that anyone may have forged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.review.report import (
    FORMAT,
    MAX_BYTES,
    Report,
    from_json,
    samples_from_json,
    samples_to_json,
    to_json,
)
from deepcat.review.values import SampleResult

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
KEYS = ["head", "findings", "summary", "plan", "pictures", "shown", "samples"]


def test_a_report_comes_back_as_it_was() -> None:
    report = Report(
        "a" * 40,
        (Finding(Place("m", 1, 2), "a/b", "wrong", "mend", Severity.HINT),),
        "1 to create",
        "+ demo",
        {"m": "flowchart LR"},
        {"demo": {"cloud": "local", "accelerator": "", "price_hour": 0.5, "price_most": 2.0}},
    )
    assert from_json(to_json(report)) == report
    samples = (SampleResult("m", "1.0.0", 2, {"one": "why"}),)
    assert samples_from_json(samples_to_json(samples)) == samples


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_any_forgery_is_taken_as_far_as_it_has_the_form(data: dict[str, Any]) -> None:
    text = json.dumps(data | {"format": FORMAT})
    report = from_json(text)
    assert report is not None
    assert isinstance(report.plan, str)
    assert all(isinstance(each, Finding) for each in report.findings)
    samples_from_json(text)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"format": "other"}', "[" * 100_000])
def test_what_is_no_report_is_none(text: str) -> None:
    assert from_json(text) is None
    assert samples_from_json(text) is None


def test_a_report_without_bounds_is_cut() -> None:
    rows = [{"severity": "error", "path": "x" * 9999, "message": "y" * 9999}] * 5000
    text = json.dumps({"format": FORMAT, "findings": rows[:300], "plan": "z" * 10**6})
    report = from_json(text)
    assert report is None or (len(report.findings) <= 2000 and len(report.plan) <= 200_000)
    assert from_json(" " * (MAX_BYTES + 1)) is None
