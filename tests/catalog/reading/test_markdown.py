"""Markdown as a check reads it: targets up to the right parenthesis, at a bounded cost."""

from __future__ import annotations

import pytest

from deepcat.catalog.reading.markdown import links


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("[a](b) [c](d (e))", ["b", "d"]),
        ("[a](b_(c)) [d](e)", ["b_(c)", "e"]),
        ("[a](b(c(d)e)f) g)", ["b(c(d)e)f"]),
        ('[a](b "c")', ["b"]),
        ("[a](<b c>)", ["b c"]),
        ("[a](javascript:b(1)", ["javascript:b(1)"]),
        ("[a](b) c](d)", ["b", "d"]),
        ("[a](javascript:b>) [c](d<e>)", ["javascript:b>", "d<e>"]),
        ("[a](>b)", [">b"]),
        ("> [a]: b\n> - [c]: d\n", ["b", "d"]),
        ("1. [a]: javascript:b", ["javascript:b"]),
    ],
)
def test_a_target_ends_where_its_link_ends(text: str, targets: list[str]) -> None:
    assert [link.target for link in links(text)] == targets


@pytest.mark.parametrize("unit", ["[a](", "[a](b(", "](x", "[a](javascript:("])
def test_nested_links_are_not_read_to_their_end_each(unit: str) -> None:
    text = unit * 20_000
    found = list(links(text))
    assert len(found) == 20_000
    assert sum(len(link.target) for link in found) < 2 * len(text)
