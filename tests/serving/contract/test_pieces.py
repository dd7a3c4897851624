"""Bodies of many small lists and objects are read as others are."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("numpy")

import orjson

from deepcat.serving.contract import jsonpieces

MANY = 20_000
ROWS: list[Any] = [{"x": [number, None], "ä": "a, [b] {"} for number in range(MANY)]


@pytest.mark.parametrize(
    "value",
    [
        {"instances": [[]] * MANY},
        {"instances": [[1.5, [2]], [], {}, "],[", None] * MANY},
        {"instances": ROWS, "signature_name": "s", "more": [[1], [2]]},
        {"a": {"b": [[]] * MANY}, "c": [[1], 2, [3]], "d": []},
        {"a": {"b": [[]] * MANY}},
        {"instances": [[[]] * MANY]},
        {"instances": [{}] * 500_000},
        {"k" * 2000: [[]] * MANY},
        {"": [[]] * MANY},
        [[[]] * MANY],
        [ROWS, ROWS],
        {"instances": ['"'] * 5 + [[]] * MANY},
    ],
    ids=range(12),
)
def test_pieces_are_the_whole(value: Any) -> None:
    body = orjson.dumps(value)
    assert jsonpieces.loads(body) == value
    assert jsonpieces.loads(orjson.dumps(value, option=orjson.OPT_INDENT_2)) == value


def test_pieces_are_small() -> None:
    body = b'{"a": [' + b"[]," * MANY + b"[]]}"
    found = jsonpieces._longest(body)
    assert found is not None
    pieces = list(jsonpieces._pieces(found[0] + 1, found[1], found[2]))
    assert b",".join(body[at:until] for at, until in pieces) == body[7:-2]
    assert max(until - at for at, until in pieces) < 17 * 1024
