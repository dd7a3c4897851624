"""What is new at the source, and what was changed by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcat.catalog.converting.merge import merged

values = st.recursive(
    st.integers(0, 3), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "found", "conflicts"),
    [
        ({"a": 1}, {"a": 2}, {"a": 1}, {"a": 2}, ()),
        ({"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}, ()),
        ({"a": 1}, {"a": 2}, {"a": 2}, {"a": 2}, ()),
        ({"a": 1}, {"a": 2}, {"a": 3}, {"a": 2}, ("a",)),
        ({"a": 1}, {}, {"a": 1, "b": 2}, {"b": 2}, ()),
        ({"a": 1}, {"a": 1, "b": 1}, {}, {"b": 1}, ()),
        ({"a": 1}, {}, {"a": 2}, {}, ("a",)),
        (
            {"a": {"b": 1, "c": 1}},
            {"a": {"b": 2, "c": 1}},
            {"a": {"b": 1, "c": 2}},
            {"a": {"b": 2, "c": 2}},
            (),
        ),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, {"a": {"b": 3}}, {"a": {"b": 2}}, ("a.b",)),
        ({"a": [1]}, {"a": [2]}, {"a": [3]}, {"a": [2]}, ("a",)),
        (None, {"a": 1, "b": 1}, {"a": 2, "c": 1}, {"a": 1, "b": 1, "c": 1}, ("a",)),
        ({"a": 1}, {"a": True}, {"a": 1}, {"a": True}, ()),
    ],
)
def test_sides(base: Any, ours: Any, theirs: Any, found: Any, conflicts: tuple[str, ...]) -> None:
    assert merged(base, ours, theirs) == (found, conflicts)


def test_theirs_may_hold() -> None:
    ours, theirs = {"a": 2, "b": 2, "c": 1}, {"a": 3, "b": 1, "c": 2}
    found = merged({"a": 1, "b": 1, "c": 1}, ours, theirs, theirs_hold=True)
    assert found == ({"a": 3, "b": 2, "c": 2}, ("a",))


@given(values, values)
def test_who_changed_nothing_gets_what_the_other_has(base: Any, other: Any) -> None:
    assert merged(base, base, other) == (other, ())
    assert merged(base, other, base) == (other, ())
    assert merged(base, other, other) == (other, ())


@given(values, values, values)
def test_without_a_conflict_it_does_not_matter_who_is_who(a: Any, b: Any, c: Any) -> None:
    one, other = merged(a, b, c), merged(a, c, b)
    assert sorted(one[1]) == sorted(other[1])
    assert one[1] or one[0] == other[0]
