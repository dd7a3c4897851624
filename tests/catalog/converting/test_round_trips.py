"""Laws: what is dumped is read again, and what is exported is imported as the same module."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcat.catalog.converting.ai4os import export
from deepcat.catalog.converting.build import convert
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.judging.schema import is_valid
from deepcat.catalog.reading.parse import read_yaml
from deepcat.catalog.reading.units import UnitKind

MODULES = Path(__file__).resolve().parents[3] / "modules"
NAMES = sorted(path.parent.name for path in MODULES.glob("*/module.yaml"))

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Co", "Cn")), max_size=12
)
TRICKY = st.sampled_from(
    [
        *("yes", "null", "~", "1e5", "0o17", "0x1f", ".5", "2024-01-01", "<<", "=", "", " x", "x "),
        *("a: b", "# x", "- x", "!x", "&a", "*a", "'", '"', "\\n", "a\tb", "é"),
        *("a\nb\n", "a\n\n  b", "\n"),
    ]
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), TEXT, TRICKY)
    | st.floats(allow_nan=False, allow_infinity=False, width=32),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | TRICKY, inner, max_size=3),
    max_leaves=8,
)
ASIDE = st.dictionaries(
    st.one_of(
        TEXT, st.sampled_from(["title", "tosca", "links", "deepcat", "x-y", "memory", "name"])
    ),
    VALUES,
    max_size=4,
).map(lambda found: {f"x-{key}": value for key, value in found.items()})
WORDS = st.sampled_from(["Classification", "Regression", "Other"])
MODULE = st.fixed_dictionaries(
    {
        "apiVersion": st.just("deepcat/v1"),
        "name": st.from_regex(r"[a-z][a-z0-9]{3,8}", fullmatch=True),
        "version": st.sampled_from(["1.0.0", "0.1.0-rc.1"]),
        "title": st.sampled_from(["Roses", '"Roses"', "7"]),
        "summary": st.just("Finds roses."),
        "description": st.sampled_from(['"Quoted" "twice"', "<b>Roses</b>\n\nMore", "[a](b.md)"]),
        "links": ASIDE.map(lambda aside: {"source_code": "https://example.org/roses", **aside}),
        "libraries": st.just(["TensorFlow"]),
        "tasks": st.lists(WORDS, unique=True),
        "categories": st.just([]),
        "tags": st.just(["a", "B"]),
    },
    optional={
        "license": st.sampled_from(["MIT", "NOASSERTION"]),
        "dates": ASIDE.map(lambda a: {"created": "2024-01-01", "updated": "2024-01-02", **a}),
        "resources": ASIDE.map(lambda aside: {"inference": {"cpu": 1, **aside}, **aside}),
        "authors": st.just([{"name": "Ada", "x-mood": "good"}]),
        "changes": st.just([]),
    },
)


@given(st.dictionaries(TEXT | TRICKY, VALUES, max_size=4))
@settings(max_examples=150)
def test_what_is_dumped_is_read_again(data: dict[str, Any]) -> None:
    document, findings = read_yaml(dump(data), "x.yaml")
    assert findings == ()
    assert document is not None and document.data == data


@given(MODULE, ASIDE)
@settings(max_examples=100)
def test_what_is_exported_is_imported_as_the_same(
    module: dict[str, Any], aside: dict[str, Any]
) -> None:
    module = {**module, **aside}
    assert is_valid(UnitKind.MODULE, module)
    found, errors = convert(json.dumps(export(module)).encode(), "ai4-metadata.json")
    assert found is not None, errors
    assert found.module == module
    assert found.findings == ()


@pytest.mark.parametrize("name", NAMES)
def test_our_own_modules(name: str, validate_ai4os: Callable[[Mapping[str, Any]], None]) -> None:
    module = yaml.safe_load((MODULES / name / "module.yaml").read_text("utf-8"))
    metadata = export(module)
    validate_ai4os(metadata)
    found, errors = convert(dump(metadata).encode(), "ai4-metadata.yml")
    assert found is not None, errors
    assert found.module == module and found.findings == ()
    assert list(found.module) == list(module)


@pytest.mark.parametrize("text", ["a\x85b", "a\nb\x85c\n", "a\u2028b", "a\n\u2029", "\ufeffa\nb"])
def test_what_does_not_print_is_written_so_that_it_is_read_again(text: str) -> None:
    document, findings = read_yaml(dump({"a": text}), "module.yaml")
    assert document is not None
    assert (document.data, findings) == ({"a": text}, ())
