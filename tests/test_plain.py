"""Text of others stays text, whatever it holds."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from deepcat.plain import plain


@given(st.text())
def test_what_is_plain_is_one_line_that_prints_and_means_the_same_in_json(text: str) -> None:
    shown = plain(text)
    assert all(character.isprintable() or character.isspace() for character in shown)
    assert len(shown.splitlines()) <= 1
    assert plain(shown) == shown
    quoted = json.dumps(text, ensure_ascii=False)
    assert json.loads(plain(quoted)) == text


def test_a_no_break_space_and_letters_of_any_script_stay() -> None:
    assert plain("à\u00a0louer, 例え, עברית") == "à\u00a0louer, 例え, עברית"
    assert plain("a\u202eb\x1b[2J\n") == r"a\u202eb\u001b[2J\u000a"
