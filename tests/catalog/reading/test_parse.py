"""The strict reader: two ways that always agree, places, bounds."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepcat.catalog.reading import parse, parse_events
from deepcat.catalog.reading.libyaml import PythonLoader
from deepcat.catalog.reading.parse import read_bytes, read_yaml
from deepcat.catalog.reading.parse_events import FAILED, read_events
from deepcat.catalog.reading.profile import STRICT, TOSCA, Profile


def exact(text: str, profile: Profile = STRICT) -> tuple[Any, list[str]]:
    data, _, findings = read_events(text, "x.yaml", profile)
    return data, [finding.code for finding in findings]


def same(one: Any, other: Any) -> bool:
    """Equality that tells 1 from 1.0 and True, and holds for not-a-number."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and math.isnan(one):
        return math.isnan(other)
    return bool(one == other)


def assert_both_ways_agree(text: str, profile: Profile) -> None:
    document, findings = read_yaml(text, "x.yaml", profile)
    data, codes = exact(text, profile)
    assert [finding.code for finding in findings] == codes
    if data is FAILED:
        assert document is None
    else:
        assert document is not None
        assert same(document.data, data)


SCALARS = [
    "1", "+1", "-1", "007", "0o17", "0x1F", "0b1", "1_000", ".5", "1.", "1e3", "1E-5", "1e400",
    ".inf", "-.INF", ".nan", "1.2.3", "1:30", "2024-01-01", "yes", "No", "on", "true", "TRUE",
    "tRUE", "null", "~", "Null", "-", "=", "<<", "*a", "&a", "!a", "'x'", '"x"', '"\\u202e"', "0",
    "-0", "00", "9223372036854775808", "123456789012345678901234567890", "1.0", "12.10", "0.1e1",
    "@a", "`a", "%a", "a b", "a: b", "a #b", "#a", "[1, 2]", "{a: 1}", "[", "é", "\ufeffa",
    "a\u2028b", "\x07", "\x85", "!\r", "a\rb", "! a", "&",
    "1e5", "0e0", "-1e-400", "+.5", "-.5e1", "08", "0o8", "0xg", "1 2", "|", ">-",
]  # fmt: skip


FORMS = ["a: {}", "- {}", "{}", "a: [{}]", "{}: a", "a:\n  - b: {}\n"]


@pytest.mark.parametrize("form", FORMS)
def test_both_ways_agree_on_scalars(form: str) -> None:
    for scalar in SCALARS:
        for profile in (STRICT, TOSCA):
            assert_both_ways_agree(form.replace("{}", scalar), profile)


PIECES = st.sampled_from(
    [
        *SCALARS,
        "a",
        "b",
        ":",
        ": ",
        "- ",
        "\n",
        "\n  ",
        "\n- ",
        ", ",
        "[",
        "]",
        "{",
        "}",
        "? ",
        "|\n",
    ]
)


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=12), st.sampled_from([STRICT, TOSCA]))
def test_both_ways_agree_on_any_text(pieces: list[str], profile: Profile) -> None:
    assert_both_ways_agree("".join(pieces), profile)


@pytest.fixture
def without_libyaml(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Profile], tuple[Any, ...]]:
    """The events' reader as it is where PyYAML was not built with libyaml."""

    def read(text: str, profile: Profile) -> tuple[Any, ...]:
        with monkeypatch.context() as patch:
            patch.setattr(parse_events, "SafeLoader", PythonLoader)
            return read_events(text, "x.yaml", profile)

    return read


def assert_the_same_without(read: Callable[..., Any], text: str, profile: Profile) -> None:
    one, written, findings = read_events(text, "x.yaml", profile)
    other, written_other, findings_other = read(text, profile)
    assert (one is FAILED) == (other is FAILED)
    assert {finding.code for finding in findings} == {finding.code for finding in findings_other}
    if one is not FAILED:
        assert same(one, other)
        assert [str(f.place) for f in findings] == [str(f.place) for f in findings_other]
        assert one is None or written == written_other


@pytest.mark.parametrize("form", FORMS)
def test_the_precise_way_needs_no_libyaml(form: str, without_libyaml: Callable[..., Any]) -> None:
    escapes = ['"\\ud800"', '"\\U00110000"', '"\\UFFFFFFFF"', '"\\x"', "\ud800", '"\\U0001F600"']
    # Where a tag ends, the two see otherwise; both refuse it.
    for scalar in [*SCALARS, *escapes]:
        if "!" not in scalar:
            assert_the_same_without(without_libyaml, form.replace("{}", scalar), STRICT)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{u: https://e.org/?q=1}", {"u": "https://e.org/?q=1"}),
        ("[a?, b ? c]", ["a?", "b ? c"]),
        ("a:\t1\t\nb:\tc\td\t# e\n", {"a": 1, "b": "c\td"}),
        ("a: b\n \tc\n", {"a": "b c"}),
        ("a: b\n\tc\n", FAILED),
        ("a: |2-\t# d\n   b\n", {"a": " b"}),
        ("a: >+1\n b\n\n", {"a": "b\n\n"}),
        ("a: |0\n b\n", FAILED),
        ("a: |--\n b\n", FAILED),
        ("a: |b\n b\n", FAILED),
        ("- a\n \t b\n\n  c", ["a b\nc"]),
        ("a: |\t\n  b\n  \tc\n", {"a": "b\n\tc\n"}),
        ("a: 1\n\ufeffb: 2\n", FAILED),
        ("a: 1\n\ufeff# b\n", {"a": 1}),
        ("\ufeffa: 1\nb: 2\n", {"a": 1, "b": 2}),
        ("a: b\ufeff\u2028c: d\n", {"a": "b\ufeff", "c": "d"}),
        ("a:\n\tb: 1\n", FAILED),
        ("a:\n  b\n\tc", FAILED),
        ("a: |\n \tb\n", FAILED),
        ("[a:,b]", FAILED),
        ("[? ]", FAILED),
        ("[? a : b]", [{"a": "b"}]),
        ("%A\n---\na: 1\n", FAILED),
        ("%YAML 1.2\t# b\n---\na: 1\n", {"a": 1}),
        ("%YAML 1.3\n---\na: 1\n", FAILED),
    ],
)  # fmt: skip
def test_rare_signs_need_no_libyaml(
    text: str, value: Any, without_libyaml: Callable[..., Any]
) -> None:
    assert_the_same_without(without_libyaml, text, STRICT)
    assert without_libyaml(text, STRICT)[0] == value


@settings(
    max_examples=400,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(PIECES.filter(lambda piece: "!" not in piece), max_size=12))
def test_no_text_needs_libyaml(without_libyaml: Callable[..., Any], pieces: list[str]) -> None:
    assert_the_same_without(without_libyaml, "".join(pieces), TOSCA)


@pytest.mark.parametrize("piece", ["[", "{a: ", "- ", "? "])
def test_depth_ends_in_a_finding_without_libyaml(
    piece: str, without_libyaml: Callable[..., Any]
) -> None:
    data, _, findings = without_libyaml(piece * 2_000, STRICT)
    assert data is FAILED
    assert findings


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=15,
)


@settings(max_examples=200)
@given(st.dictionaries(st.text(min_size=1, max_size=5), VALUES, max_size=5))
def test_both_ways_agree_on_what_is_dumped(data: dict[str, Any]) -> None:
    assert_both_ways_agree(yaml.safe_dump(data, allow_unicode=True), STRICT)


def test_the_real_modules_take_the_quick_way(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "deepcat.catalog.reading.parse_events.read_events", lambda *_: pytest.fail("slow")
    )
    for path in sorted(repository.glob("modules/*/module.yaml")):
        document, findings = read_yaml(path.read_text(), path.name)
        assert document is not None
        assert findings == ()


def test_places_are_those_of_keys_and_items() -> None:
    document, _ = read_yaml("a: 1\nb:\n  - c\n  - d: e\n", "x.yaml")
    assert document is not None
    assert str(document.place(("b",))) == "x.yaml:2:1"
    assert str(document.place(("b", 0))) == "x.yaml:3:5"
    assert str(document.place(("b", 1, "d"))) == "x.yaml:4:5"
    assert str(document.place(("b", 7, "z"))) == "x.yaml:2:1"
    assert str(document.place()) == "x.yaml:1:1"


def test_what_was_written_is_kept() -> None:
    document, _ = read_yaml("a: 1.10\nb: yes\nc: &x {d: 0o7}\ne: *x\n", "x.yaml", TOSCA)
    assert document is not None
    assert document.texts[("a",)] == "1.10"
    assert document.texts[("b",)] == "yes"
    assert document.texts[("e", "d")] == "0o7"
    assert document.data["e"] == {"d": 7}


def test_aliases_are_bounded() -> None:
    text = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for one, other in zip("abcdefgh", "bcdefghi", strict=True):
        text += f"{other}: &{other} [{', '.join([f'*{one}'] * 9)}]\n"
    document, findings = read_yaml(text, "x.yaml", TOSCA)
    assert document is None
    assert [finding.code for finding in findings] == ["yaml/bomb"]


def test_an_alias_of_itself_repeats_nothing() -> None:
    document, findings = read_yaml("a: &a [1, *a]\n", "x.yaml", TOSCA)
    assert document is not None
    assert document.data == {"a": [1, None]}
    assert [finding.code for finding in findings] == ["yaml/alias"]


@pytest.mark.parametrize("piece", ["[", "{a: ", "- ", "? ", "a:\n "])
@pytest.mark.parametrize("profile", [STRICT, TOSCA])
def test_depth_ends_in_a_finding(piece: str, profile: Profile) -> None:
    document, findings = read_yaml(piece * 100_000, "x.yaml", profile)
    assert document is None
    assert findings


def test_a_file_above_the_bound_is_not_parsed() -> None:
    document, findings = read_bytes(b"a" * (parse.MAX_BYTES + 1), "x.yaml")
    assert document is None
    assert [finding.code for finding in findings] == ["yaml/size"]


def test_a_byte_order_mark_is_passed_over() -> None:
    document, findings = read_bytes(b"\xef\xbb\xbfa: 1\n", "x.yaml")
    assert document is not None
    assert document.data == {"a": 1}
    assert findings == ()


def test_a_lone_surrogate_is_a_finding() -> None:
    document, findings = read_yaml("a: '\ud800'", "x.yaml")
    assert document is None
    assert [finding.code for finding in findings] == ["yaml/syntax"]


@settings(max_examples=300)
@given(st.binary(max_size=60))
def test_no_bytes_raise(content: bytes) -> None:
    document, findings = read_bytes(content, "x.yaml", TOSCA)
    assert document is not None or findings


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("a: 1\na: 1\n", "hint"),
        ("a: {b: [x, no]}\na: {b: [x, off]}\n", "hint"),
        ("a: 1\na: 2\n", "error"),
        ("a: 1\na: true\n", "error"),
        ("a: 1\na: '1'\n", "error"),
        ("a: [1]\nb: 2\na: [1, 2]\n", "error"),
    ],
)
def test_a_key_that_stands_twice_alike_is_a_hint_in_templates(text: str, severity: str) -> None:
    document, (finding,) = read_yaml(text, "t.yaml", TOSCA)
    assert (finding.code, str(finding.severity)) == ("yaml/duplicate-key", severity)
    first, _ = read_yaml(text[: text.rindex("\na:") + 1], "t.yaml", TOSCA)
    assert document
    assert first
    assert document.data == first.data
    _, (finding,) = read_yaml(text, "t.yaml", STRICT)
    assert finding.is_error
