"""The comparison of an answer with the expected one."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcat.host.model_server.compare import SHOWN, differences

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_a_value_agrees_with_itself(value: Any) -> None:
    assert differences(value, json.loads(json.dumps(value)), 0.0) == ()


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (1.0, 1.00005),
        (1e9, 1e9 + 50_000),
        (0, 0.00009),
        (1, 1.0),
        (math.nan, math.nan),
        (math.inf, math.inf),
        ({"a": [1.0, {"b": "x"}]}, {"a": [1.00001, {"b": "x"}]}),
    ],
)
def test_close_enough(expected: Any, actual: Any) -> None:
    assert differences(expected, actual, 1e-4) == ()


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        (1.0, 1.1, "$: expected 1.0, got 1.1 (tolerance 0.0001)"),
        (1.0, math.nan, "$: expected 1.0, got nan (tolerance 0.0001)"),
        (math.inf, -math.inf, "$: expected inf, got -inf (tolerance 0.0001)"),
        (1, True, "$: expected 1, got true"),
        (0, None, "$: expected 0, got null"),
        ("1", 1, '$: expected "1", got 1'),
        ({"a": 1}, {"b": 1}, "$.a: expected 1, got nothing"),
        ({}, {"b": 1}, "$.b: not expected, got 1"),
        ([1, 2], [1], "$: expected 2 values, got 1"),
        ({"p": [[0, 1]]}, {"p": [[0, 2]]}, "$.p[0][1]: expected 1, got 2 (tolerance 0.0001)"),
        ({"p": [1]}, {"p": {"x": 1}}, '$.p: expected [1], got {"x": 1}'),
    ],
)
def test_says_where(expected: Any, actual: Any, found: str) -> None:
    assert found in differences(expected, actual, 1e-4)


def test_a_long_list_of_differences_is_cut() -> None:
    found = differences([0] * 1000, [1] * 1000, 0.0)
    assert len(found) == SHOWN + 1
    assert found[-1] == "and more differences"


def test_a_long_value_is_cut() -> None:
    (found,) = differences("a" * 1000, None)
    assert len(found) < 200
