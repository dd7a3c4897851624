"""The published schemas describe every field, and take in AI4OS metadata."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from deepcat.catalog.judging.schema import load_schema
from deepcat.catalog.reading.units import UnitKind

KINDS = [UnitKind.CATALOG, UnitKind.CLOUD, UnitKind.DEPLOYMENT, UnitKind.MODULE]


def fields(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        for key, field in schema.get("properties", {}).items():
            yield f"{path}/{key}", field
        for key in ("items", "additionalProperties"):
            if isinstance(schema.get(key), dict):
                yield f"{path}/{key}", schema[key]
        for key, inner in schema.items():
            yield from fields(inner, f"{path}/{key}")
    elif isinstance(schema, list):
        for inner in schema:
            yield from fields(inner, path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_description_and_a_valid_example(kind: UnitKind) -> None:
    schema = load_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    found = list(fields(schema))
    assert len(found) > 10
    for path, field in found:
        assert field.get("description", "").endswith("."), path
        assert field.get("examples"), path
        whole = {**field, "$defs": schema.get("$defs", {})}
        validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        for example in field["examples"]:
            assert validator.is_valid(example), path


def test_a_catalog_says_of_who_may_call_what_a_deployment_does() -> None:
    own, default = (
        load_schema(kind)["properties"]["access"]
        for kind in (UnitKind.DEPLOYMENT, UnitKind.CATALOG)
    )
    words = {word: said for word, said in own["properties"].items() if word != "open"}
    assert words == default["properties"]


def test_modules_have_every_field_and_word_of_ai4os() -> None:
    spec = importlib.util.find_spec("ai4_metadata")
    assert spec is not None
    folder = Path((spec.submodule_search_locations or [""])[0]) / "assets" / "schemata"
    theirs = json.loads((folder / "ai4-apps-v2.3.0.json").read_text())
    ours = load_schema(UnitKind.MODULE)
    known = set(theirs["properties"]) - {"metadata_version"}
    assert known <= set(ours["properties"])
    assert set(theirs["required"]) - {"metadata_version"} <= set(ours["required"])
    for key in ("libraries", "tasks", "categories", "data-type"):
        words = theirs["properties"][key]["items"]["enum"]
        assert ours["properties"][key]["items"]["enum"] == words
    for key in ("links", "dates"):
        inner = theirs["properties"][key]
        assert set(inner["properties"]) <= set(ours["properties"][key]["properties"])
        # The rule `module/source-code` asks for the one that cards of others have no field for.
        required = {"source_code", *ours["properties"][key].get("required", ())}
        assert set(inner["required"]) <= required
    needs = theirs["definitions"]["resource-configuration"]["properties"]
    assert set(needs) == set(ours["$defs"]["resources"]["properties"])
