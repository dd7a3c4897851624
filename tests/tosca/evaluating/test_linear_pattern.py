"""Patterns followed in Python match what `jsonschema-rs` matches, in linear time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcat import resources
from deepcat.tosca.evaluating.constraints import BadClauseError, _linear
from deepcat.tosca.evaluating.linear_pattern import PatternError, matcher

OURS = sorted(
    {
        found[1]
        for file in resources.types().glob("*.yaml")
        for found in re.finditer(r'pattern:? "([^"]*)"', file.read_text("utf-8"))
    }
)
PATTERNS = [
    *OURS, "a", ".", "a*", "a+b?", "(a|b)*c", "(?:ab){2,3}", "a{2,}", "a{0}", "", "a|", "()",
    "[a-c]x", "[^a]", r"\d{1,3}(\.\d{1,3}){3}", r"\w+@\w+\.[a-z]{2,}", r"\s+", r"\S+", r"\D\W",
    r"[\w.-]+", r"[\s\d]", r"\.\-\/\_", "^a$", "^(a|^b)$", "a^b", "a$b", "(^|x)a($|y)", "a]", "a}",
    "[é-ü]", "é+", r"\n\t", "a+?b*?", "(env|file):.+", "[a-z]([a-z0-9-]{0,61}[a-z0-9])?", "(a*)*",
    "[+*?(|)]", "[a-]",
]  # fmt: skip
TEXTS = [
    "", "a", "b", "ab", "aa", "aab", "abab", "ababab", "abc", "c", "aaa", "ax", "cx", "1.2.3.4",
    "1.2.3", "me@example.org", " ", "\u00a0", "\ufeff", "\x85", "\n", "a\n", "\r", "\u0661", "é",
    "\u2028", ".-/_", "\n\t", "env:x", "env:", "file:a\nb", "a-b", "-", "a]", "a}", "xa", "xay",
    "iris-classifier", "a" * 64, "0" * 64, "/data", "8.6", "/", "\U0001f600", "*", "ê",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_matches_the_same_texts(pattern: str) -> None:
    ours, theirs = matcher(pattern), _linear(pattern)
    for text in TEXTS:
        assert ours(text) is theirs(text), text


def test_our_own_types_use_patterns_that_need_this() -> None:
    assert any("(" in pattern for pattern in OURS)


@settings(max_examples=600)
@given(
    st.lists(
        st.sampled_from(
            ["a", "b", ".", "(", ")", "|", "*", "+", "?", "{2}", "{1,2}", "{0,}", "[ab]", "[^a]",
             r"\d", r"\w", r"\S", "^", "$", "(?:", "1", r"\.", "}", "]", "[", "{", "\\", "(?="]
        ),
        max_size=8,
    ).map("".join),
    st.lists(st.text("ab1. \n", max_size=6), min_size=1, max_size=6),
)  # fmt: skip
def test_any_pattern_that_is_followed_is_followed_rightly(pattern: str, texts: list[str]) -> None:
    try:
        ours = matcher(pattern)
    except PatternError:
        return
    theirs = _linear(pattern)
    for text in texts:
        assert ours(text) is theirs(text)


@pytest.mark.parametrize(
    "pattern",
    ["[", "(", "a)", "(?=a)a", r"(a)\1", "(?<n>a)", "(?i)a", "a**", "a{2}{3}", "*", "a{", "a{3,2}",
     "[]", "[[a]]", "[a&&b]", "[z-a]", "\\", r"\p{L}", r"\x41", r"[\S]", "[a-\\d]", "a{9999}",
     "((a{30}){30}){30}"],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        matcher(pattern)


def test_the_time_grows_with_the_text() -> None:
    """The number of states followed is bounded, whatever the pattern: it does not blow up."""
    for pattern in ("(a+)+b", "(a|aa)+b", "a*a*a*a*a*a*a*b", "(.*)*x", "(a?){100}a{100}"):
        assert not matcher(pattern)("a" * 4_000)


def test_deep_groups_end_in_a_refusal_or_a_match() -> None:
    assert matcher("(" * 40 + "a" + ")" * 40)("a")
    with pytest.raises(PatternError, match="deep"):
        matcher("(" * 100 + "a" + ")" * 100)
    with pytest.raises(PatternError, match="large"):
        matcher("(" * 20 + "a" + ")+" * 20)


def test_without_the_quick_library_a_clause_is_refused_by_its_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jsonschema_rs", None)
    assert _linear("(a|b)+")("abba")
    with pytest.raises(BadClauseError, match="looks around"):
        _linear("(?=a)a")
