"""YAML that deepcat wrote itself is read and written alike with `ryaml` and without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import ryaml
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcat import resources
from deepcat.catalog.reading import own_yaml
from deepcat.catalog.reading.own_yaml_writer import write

OURS = sorted(
    [
        *resources.types().glob("*.yaml"),
        *resources.playbooks().rglob("*.yml"),
        Path(own_yaml.__file__).parents[1] / "judging" / "codes.yaml",
        Path(__file__).resolve().parents[3] / "site" / "text" / "en.yaml",
    ]
)


@pytest.mark.parametrize("path", OURS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_our_own_files_are_read_alike(path: Path) -> None:
    text = path.read_text("utf-8")
    assert own_yaml._loads(text) == own_yaml.loads(text) == ryaml.loads(text)


WORDS = st.sampled_from(
    [
        "-", "+", ".", "-.", "1", "1a", "0x", "0x1F", "0o7", "0o9", "0b1", "1e5", "1e", "1e400",
        ".5", ".5x", "+1", "1.", "1_000", "2024-01-01", ".inf", "-.Inf", ".nan", "true", "True",
        "tRUE", "null", "~", "y", "yes", "<<", "=", "00", "-01", "1.2.3", "10.0.0.1", "1h", "---",
        "...",
        "-a", "?a", ":", "a:", ":a", "#", "a#", "@a", "%a", "!a", "&a", "*a", "|", ">", "[", "]",
        "{", "}", ",", "a,", "'", '"', "a'b", "\\", "e5", "1.e5", "n", "9" * 30, "é", "😀", "", " ",
        "a ", " a", "- a", "? a", "a: b", "a #b", "a\tb", "a\nb\n", "\na", " a\nb", "a\n\n",
        "a\r\nb",        "a \nb", "\x07", "\u00a0", "\ufeff", "---\na", "a: b\nc", "x y " * 60,
    ]
)  # fmt: skip
TEXTS = WORDS | st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029\ufeff"),
    max_size=8,
)
KEYS = TEXTS.filter(lambda text: 0 < len(text) < 60)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=600)
@given(VALUES)
def test_values_are_written_alike(value: Any) -> None:
    assert write(value) == own_yaml.dumps(value) == str(ryaml.dumps(value))


@pytest.mark.parametrize("text", ["[", "a: b: c", "a: 1\na: 2"])
def test_what_is_not_yaml_is_an_error_both_ways(text: str) -> None:
    for loads in (own_yaml.loads, own_yaml._loads):
        with pytest.raises(own_yaml.YamlError):
            loads(text)
