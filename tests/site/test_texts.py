"""What two READMEs differ in, as people read it; the browser says the same of the same cases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcat_site.views.texts import Change, blocks, changes

CASES = Path("generator/web/test/texts.json")
WORDS = st.lists(st.sampled_from(["a", "b c", "d e f", "花の分類", "```\nx\n\ny\n```"]), max_size=8)


def told(found: tuple[Change, ...]) -> list[dict[str, object]]:
    return [
        {"how": each.how, "parts": [list(part) for part in each.parts], "number": each.number}
        for each in found
    ]


def test_the_cases_that_the_browser_is_held_to(repository: Path) -> None:
    for case in json.loads((repository / CASES).read_text("utf-8")):
        assert told(changes(case["before"], case["after"])) == case["shown"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("a\n\n\n b  \nc\n", ["a", " b\nc"]),
        ("```py\na\n\nb\n```\nc\n\nd", ["```py\na\n\nb\n```\nc", "d"]),
        ("~~~~\n```\n\n~~~\n\n~~~~\n\na", ["~~~~\n```\n\n~~~\n\n~~~~", "a"]),
        ("```\nnever closed\n\nb", ["```\nnever closed\n\nb"]),
    ],
)
def test_a_listing_is_one_block(text: str, found: list[str]) -> None:
    assert blocks(text) == found


@given(WORDS, WORDS)
def test_each_text_can_be_read_from_what_is_shown(before: list[str], after: list[str]) -> None:
    found = changes(before, after)
    assert bool(found) == (before != after)
    for text, left_out in ((before, "new"), (after, "gone")):
        shown = [
            "".join(part.text for part in each.parts if part.how != left_out)
            for each in found
            if each.how not in ("skipped", left_out)
        ]
        skipped = sum(each.number for each in found if each.how == "skipped")
        assert len(shown) + skipped == (len(text) if found else 0)
        assert [block for block in shown if block in text] == shown


def test_long_texts_without_anything_in_common_are_told_whole() -> None:
    before, after = ([f"{name}-{i}" for i in range(2000)] for name in ("old", "new"))
    found = changes(before, after)
    assert [each.how for each in found] == ["gone", "new"] * 2000
