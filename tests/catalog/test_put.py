"""Values put at places of a file, and not a character besides."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat.catalog.beginning.put import put, put_first, without
from deepcat.errors import DeepcatError


@pytest.mark.parametrize(
    ("before", "at", "value", "after"),
    [
        ("a: 1 # why\nb: 2\n", ("a",), 3, "a: 3 # why\nb: 2\n"),
        ("a: '1'\n", ("a",), "2", 'a: "2"\n'),
        ("m:\n  - x: 1\n  - x: 2 # two\n", ("m", 1, "x"), 0.5, "m:\n  - x: 1\n  - x: 0.5 # two\n"),
        ("m: {x: 1}\nn: 2\n", ("m", "y"), "z", 'm: {x: 1, "y": "z"}\nn: 2\n'),
        ("m:\n  x: 1\n\n# n\nn: 2\n", ("m", "y"), 4, "m:\n  x: 1\n  y: 4\n\n# n\nn: 2\n"),
        ("m:\n  x: |\n    long\n    text\nn: 2\n", ("m", "y"), 4,
         "m:\n  x: |\n    long\n    text\n  y: 4\nn: 2\n"),
        ("m:\n  run:\n    id: a\n    b: {c: 1}\n  x: 1\n", ("m", "run"), {"id": "b"},
         "m:\n  run: {id: b}\n  x: 1\n"),
        ("m:\n  run:\n    id: a\n", ("m", "run"), {"id": "b", "c": {"d": [1]}},
         "m:\n  run:\n    id: b\n    c:\n      d: [1]\n"),
        ("a: 1", ("b",), "x: y", 'a: 1\nb: "x: y"\n'),
        ("a: 1\n", ("a",), 3e-7, "a: 3.0e-07\n"),
        ("x-ü: ß\na: 1\n", ("a",), "no", 'x-ü: ß\na: "no"\n'),
    ],
)  # fmt: skip
def test_one_value_changes(before: str, at: tuple[Any, ...], value: Any, after: str) -> None:
    assert put(before, "f", {at: value}) == after


@pytest.mark.parametrize(
    ("before", "at"),
    [
        ("a: &x 1\nb: *x\n", ("a",)),
        ("a: 1\n", ("b", "c")),
        ("- 1\n", ("a",)),
        ("a: [1\n", ("a",)),
        ("m:\n  - x: 1\n", ("m", 5, "x")),
        ("a: 1\n", ("a", "b")),
    ],
)
def test_what_would_touch_more_is_refused(before: str, at: tuple[Any, ...]) -> None:
    with pytest.raises(DeepcatError) as caught:
        put(before, "f", {at: {"z": 1}})
    assert caught.value.code == "edit/form"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("m:\n  a: 1\n  b: 2 # two\n  c: 3\n", "m:\n  a: 1\n  c: 3\n"),
        ("m:\n  b:\n    - 1\n    - 2\n  a: 1\n", "m:\n  a: 1\n"),
        ("m: {a: 1, b: 2}\n", None),
        ("m:\n  b: 2\n", None),
        ("m: 1\n", None),
        ("m:\n  a: 1\n", None),
    ],
)
def test_a_key_goes_and_nothing_besides(before: str, after: str | None) -> None:
    if after is None:
        with pytest.raises(DeepcatError):
            without(before, "f", "m", "b")
    else:
        assert without(before, "f", "m", "b") == after


ITEM = {"version": "1.1.0", "date": "2026-11-30", "text": "Better: much."}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "changes:\n  # first\n  - version: 1.0.0\n    text: F.\nb: 1\n",
            "changes:\n  # first\n  - version: 1.1.0\n    date: \"2026-11-30\"\n"
            '    text: "Better: much."\n  - version: 1.0.0\n    text: F.\nb: 1\n',
        ),
        (
            "changes:\n- version: 1.0.0\n",
            'changes:\n- version: 1.1.0\n  date: "2026-11-30"\n  text: "Better: much."\n'
            "- version: 1.0.0\n",
        ),
        ("a: 1\n", None),
        ("changes: [{version: 1.0.0}]\n", None),
        ("changes: []\n", None),
    ],
)  # fmt: skip
def test_an_item_comes_first(before: str, after: str | None) -> None:
    import yaml

    found = put_first(before, "f", "changes", ITEM)
    old = yaml.safe_load(before).get("changes") or []
    assert yaml.safe_load(found)["changes"] == [ITEM, *old]
    assert after is None or found == after
