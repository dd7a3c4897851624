"""The reference validator and the quick one say the same, whatever a document holds.

Beside these, every case of `tests/catalog` is judged by both (`both_validators`).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcat.catalog.judging.formats import FORMATS
from deepcat.catalog.judging.reference_validator import Reference
from deepcat.catalog.judging.schema import load_schema
from deepcat.catalog.judging.validators import Quick, validator
from deepcat.catalog.reading.units import UnitKind
from deepcat.resources import schemas

KINDS = [UnitKind.CATALOG, UnitKind.CLOUD, UnitKind.DEPLOYMENT, UnitKind.MODULE]
# What stands in a hostile file where something else should; each is a way of two languages apart.
ODD = [
    None, True, False, 0, 1, -1, 1.0, 1.5, 10**400, -(10**20), 1e308, float("nan"), float("inf"),
    "", " ", "a", "a\n", "0.1.0\n", "1.0.0", "\u0661.0.0", "x" * 70_000, "\u00a0", "a\u2028b", "\0",
    "http://[", "https://[::1]:80/a%20b", "https://a b", "https://é.example", "https://a#b#c",
    "2024-02-30", "2024-02-29", "0000-02-29", "20240229", "2024-02-29\n", "a@b", "\"a b\"@c",
    "a@[127.0.0.1]", "env:\u00a0x", "0000-0002-1825-0097", "a" * 64, "A" * 64, "EUR", "1 GB", "1h",
    [], [1, 1.0], [1, True], ["a", "a"], [{"a": 1, "b": [2]}, {"b": [2.0], "a": 1}], [None, None],
    [[]], {}, {"a": 1}, {"x-a": 1}, {"": 1}, {"name": "a", "more": {}}, {"name": 1, "other": 2},
]  # fmt: skip


def places(data: Any, pointer: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield pointer
    if isinstance(data, dict):
        for key, value in data.items():
            yield from places(value, (*pointer, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from places(value, (*pointer, number))


def put(data: Any, pointer: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value at a place."""
    if not pointer:
        return value
    changed = copy.deepcopy(data)
    node = changed
    for key in pointer[:-1]:
        node = node[key]
    node[pointer[-1]] = value
    return changed


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_both_say_the_same_of_any_odd_value_at_any_place(
    kind: UnitKind, both_validators: type[Any]
) -> None:
    schema = load_schema(kind)
    both = both_validators(schema)
    # Every field, with the schema's own example; each then becomes each odd value.
    data = {key: field["examples"][0] for key, field in schema["properties"].items()}
    for pointer in places(data):
        for odd in ODD:
            changed = put(data, pointer, odd)
            both.is_valid(changed)
            list(both.breaches(changed))


LEAVES = st.sampled_from([odd for odd in ODD if not isinstance(odd, dict | list)])


@settings(max_examples=150)
@given(st.sampled_from(KINDS), st.data())
def test_both_say_the_same_of_any_document(kind: UnitKind, data: st.DataObject) -> None:
    schema = load_schema(kind)
    keys = st.sampled_from([*schema["properties"], "x-own", "unknown", ""])
    inner = st.recursive(
        LEAVES,
        lambda s: st.lists(s, max_size=3) | st.dictionaries(keys, s, max_size=4),
        max_leaves=6,
    )
    document = data.draw(st.dictionaries(keys, inner, max_size=8) | inner)
    quick, reference = Quick(schema), Reference(schema)
    assert quick.is_valid(document) is reference.is_valid(document)
    assert {(b.pointer, b.keyword) for b in quick.breaches(document)} == {
        (b.pointer, b.keyword) for b in reference.breaches(document)
    }


@pytest.mark.parametrize(
    "held",
    [
        {"pattern": "a$"}, {"pattern": "[$]$"}, {"pattern": r"\$"}, {"pattern": r"^\s$"},
        {"pattern": r"^\S+$"}, {"pattern": r"^[\s1]+$"}, {"pattern": r"^[^\s]$"},
        {"pattern": r"^\d\w$"}, {"format": "ipv4"}, {"format": "ipv6"}, {"format": "uuid"},
    ],
)  # fmt: skip
def test_a_schema_of_somebody_else_is_held_alike(
    held: dict[str, Any], both_validators: type[Any]
) -> None:
    both = both_validators(held)
    for text in (
        "a", "a\n", "$", "$\n", " ", "\u00a0", "\ufeff", "\x85", "1", "\u0661a", "1a", "1é", "",
        "127.0.0.1", "127.0.0.01", "::1", "::g", "12345678-1234-5678-1234-567812345678", "1 1",
    ):  # fmt: skip
        both.is_valid(text)
        list(both.breaches(text))


def test_a_difference_would_be_seen(both_validators: type[Any]) -> None:
    both = both_validators({"type": "string", "maxLength": 3})
    both.reference = Reference({"type": "string", "maxLength": 4})
    with pytest.raises(AssertionError):
        both.is_valid("four")
    with pytest.raises(AssertionError):
        both.breaches("four")


def test_the_quick_one_is_chosen_where_it_is_installed() -> None:
    assert isinstance(validator(load_schema(UnitKind.CLOUD)), Quick)


PIECES = {
    "uri": 'ab1:/?#[]@.%2-é~!"_ {}\\v\n',
    "email": 'ab1@.-+_"[] é:\\\nIPv6',
    "date": "0123-90T\n\u0661",
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_as_the_quick_one_has_it(name: str) -> None:
    schema = {"type": "string", "format": name}
    quick = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)

    @settings(max_examples=500)
    @given(
        st.text(alphabet=PIECES[name], max_size=14), st.sampled_from(["", "a:", "a://", "2024-"])
    )
    def holds(text: str, before: str) -> None:
        assert FORMATS[name](before + text) is quick.is_valid(before + text)

    holds()
    for text in filter(lambda odd: isinstance(odd, str), ODD):
        assert FORMATS[name](text) is quick.is_valid(text), text


def test_every_format_and_keyword_of_the_schemas_is_one_that_both_know() -> None:
    """What a schema asks for and a validator does not know is passed over without a word."""
    known = set(jsonschema.Draft202012Validator.VALIDATORS) | {
        "$schema", "$id", "$defs", "title", "description", "examples", "default", "else", "then",
    }  # fmt: skip
    for file in schemas().glob("*.json"):
        for node in subschemas(json.loads(file.read_text())):
            assert {key for key in node if not key.startswith("x-")} <= known, file
            assert node.get("format", "uri") in FORMATS, file


def subschemas(node: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(node, dict):
        return
    yield node
    for key in ("properties", "patternProperties", "$defs"):
        for inner in node.get(key, {}).values():
            yield from subschemas(inner)
    for key in ("items", "additionalProperties"):
        yield from subschemas(node.get(key))
    for key in ("oneOf", "anyOf", "allOf"):
        for inner in node.get(key, ()):
            yield from subschemas(inner)
