"""Whatever keyword of JSON Schema a schema has, what breaks it is a finding."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat.catalog.judging import schema
from deepcat.catalog.judging.reference_validator import Reference
from deepcat.catalog.judging.schema_findings import findings
from deepcat.catalog.judging.validators import Quick
from deepcat.catalog.reading.document import Document
from deepcat.catalog.reading.units import UnitKind

RANGE, OTHER = "schema/range", "schema/other"
ROWS: list[tuple[dict[str, Any], Any, str, str]] = [
    ({"exclusiveMinimum": 0}, 0, RANGE, "`x` must be above 0, not `0`"),
    ({"exclusiveMaximum": 1}, 1, RANGE, "`x` must be below 1, not `1`"),
    ({"multipleOf": 2}, 3, OTHER, "`x` breaks `multipleOf` `2` of its schema"),
    ({"minProperties": 2}, {}, "schema/length", "`x` has 0 entries; at least 2 are needed"),
    ({"maxProperties": 1}, {"a": 1, "b": 2}, "schema/length", "`x` has 2 entries; at most 1"),
    ({"propertyNames": {"pattern": "^a"}}, {"b": 1}, OTHER, "`x` breaks `propertyNames`"),
    ({"properties": {"propertyNames": {"minimum": 2}}}, {"propertyNames": 1}, RANGE, "2"),
    ({"contains": {"type": "string"}}, [1], OTHER, "`x` breaks `contains`"),
    ({"not": {"type": "string"}}, "s", OTHER, "`x` breaks `not`"),
    ({"anyOf": [{"type": "string"}, {"minimum": 3}]}, 1, OTHER, "`x` breaks `anyOf`"),
    ({"oneOf": [{"type": "string"}, {"minimum": 3}]}, 1, "schema/choice", "not exactly one of"),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, OTHER, "`x` breaks `dependentRequired`"),
    ({"if": {"minimum": 3}, "then": {"maximum": 5}}, 9, RANGE, "at most 5"),
    ({"properties": {}, "unevaluatedProperties": False}, {"b": 1}, OTHER, "`x` breaks"),
    ({"required": ["b"]}, {}, "schema/missing-key", "the key `b` is missing"),
    ({"items": False}, [1], OTHER, "of its schema"),
]  # fmt: skip


@pytest.mark.parametrize("held", [Quick, Reference])
@pytest.mark.parametrize(
    ("words", "value", "code", "says"), ROWS, ids=[str(row[0]) for row in ROWS]
)
def test_any_keyword_has_its_finding(
    monkeypatch: pytest.MonkeyPatch, held: Any, words: Any, value: Any, code: str, says: str
) -> None:
    whole = held({"properties": {"x": words}})
    monkeypatch.setattr(schema, "_validator", lambda *_: whole)
    found = schema.violations(UnitKind.MODULE, Document("module.yaml", {"x": value}, ""))
    assert [(each.code, says in each.message) for each in findings(found)] == [(code, True)]
    schema.without({"x": value}, found)
