"""Every real metadata file at hand: read, kept whole, sound, and given back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.converting.ai4os import export
from deepcat.catalog.converting.build import Imported, convert
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.converting.proof import prove
from deepcat.catalog.findings import has_errors

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "metadata"
EXPECTED: dict[str, Any] = (
    json.loads((FOLDER / "EXPECTED.json").read_text("utf-8")) if FOLDER.is_dir() else {}
)
READABLE = sorted(name for name, told in EXPECTED.items() if "parse_error" not in told)
BROKEN = sorted(name for name, told in EXPECTED.items() if "parse_error" in told)

pytestmark = pytest.mark.usefixtures("shared_data")


def imported(name: str) -> Imported:
    found, errors = convert((FOLDER / name).read_bytes(), name)
    assert found is not None, errors
    return found


def source(name: str) -> Any:
    import yaml

    text = (FOLDER / name).read_text("utf-8")
    return json.loads(text) if name.endswith(".json") else yaml.load(text, yaml.BaseLoader)


def words(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*(words(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(words(item) for item in value))
    text = "" if value is None else str(value).replace("\\n", " ")
    return {word.casefold() for word in re.findall(r"\w+", text)}


def test_there_are_many(shared_data: Path) -> None:
    assert len(READABLE) > 30
    assert len({EXPECTED[name]["generation"] for name in READABLE}) == 2


@pytest.mark.parametrize("name", READABLE)
def test_its_shape_tells_its_generation(name: str) -> None:
    assert imported(name).generation == EXPECTED[name]["generation"]


@pytest.mark.parametrize("name", READABLE)
def test_no_word_of_it_is_lost(name: str) -> None:
    found = imported(name)
    kept = words(found.module)
    # An amount with a unit becomes a number; the report says from what.
    amounts = [f.message for f in found.findings if f.code == "import/amount"]
    assert words(source(name)) - kept - words(amounts) - {"null", "2", "3", "0"} == set()


@pytest.mark.parametrize("name", READABLE)
def test_the_module_has_no_errors(name: str) -> None:
    found = imported(name)
    findings = prove(found.name, {"module.yaml": dump(found.module).encode()}, b"")
    assert [finding for finding in findings if finding.is_error] == []


@pytest.mark.parametrize("name", READABLE)
def test_what_breaks_its_own_schema_is_reported(name: str) -> None:
    found = imported(name)
    assert not has_errors(found.findings)
    if EXPECTED[name]["errors"]:
        assert found.findings


@pytest.mark.parametrize("name", READABLE)
def test_the_export_is_valid_and_imports_as_the_same_module(
    name: str, validate_ai4os: Callable[[Mapping[str, Any]], None]
) -> None:
    found = imported(name)
    metadata = export(found.module)
    validate_ai4os(metadata)
    assert metadata["metadata_version"] == "2.3.0"
    again, errors = convert(dump(metadata).encode(), "ai4-metadata.yml")
    assert again is not None, errors
    assert again.module == found.module
    assert again.findings == ()
    assert export(again.module) == metadata


@pytest.mark.parametrize("name", BROKEN)
def test_broken_indentation_is_said_clearly(name: str) -> None:
    found, errors = convert((FOLDER / name).read_bytes(), name)
    assert found is None
    (error,) = errors
    assert error.code == "import/indentation"
    assert error.place.line == 7
    assert "line 7 is indented by 2" in error.message and "line 5, by 3" in error.message
    assert error.hint


def test_quoted_strings_become_one_text(shared_data: Path) -> None:
    found = imported("ai4os-hub__ai4os-yolov8-torch__ai4-metadata.yml")
    text = found.module["description"]
    assert text.startswith("Ultralytics YOLOv8 represents the forefront")
    assert '" "' not in text and "\\n" not in text
    assert "\n**References**\n" in text
    assert found.module["libraries"] == ["PyTorch"]
    assert {f.code for f in found.findings} == {"import/description", "import/vocabulary"}
