"""Metadata as people wrote it, and what may be asked of it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import yaml

from deepcat.catalog.converting.build import Imported, convert

V1: dict[str, Any] = {
    "title": "Rose finder",
    "summary": "Finds roses.",
    "description": ["Finds roses", "on photographs.\n"],
    "keywords": ["docker", "library/tensorflow", "trainable"],
    "license": "Apache 2.0",
    "date_creation": "2019-02-19",
    "sources": {
        "dockerfile_repo": "https://example.org/DEEP-OC-roses",
        "docker_registry_repo": "deephdc/deep-oc-roses",
        "code": "https://example.org/roses",
    },
}
V2: dict[str, Any] = {
    "metadata_version": "2.0.0",
    "title": "Rose finder",
    "summary": "Finds roses.",
    "description": "Finds roses on photographs.",
    "dates": {"created": "2024-01-02", "updated": "2024-03-04"},
    "links": {"source_code": "https://example.org/roses"},
    "tags": ["roses"],
    "tasks": ["Computer Vision"],
    "categories": ["AI4 inference"],
    "libraries": ["TensorFlow"],
}

Import = Callable[..., Imported]


@pytest.fixture
def v1() -> dict[str, Any]:
    """Metadata of DEEP v1."""
    return json.loads(json.dumps(V1))


@pytest.fixture
def v2() -> dict[str, Any]:
    """Metadata of AI4OS v2 in which nothing must be mended."""
    return json.loads(json.dumps(V2))


@pytest.fixture
def imported() -> Import:
    """Import values or a text; fails when they cannot be read."""

    def run(source: Any, **options: str) -> Imported:
        text = source if isinstance(source, str) else yaml.safe_dump(source, sort_keys=False)
        found, errors = convert(text.encode(), "ai4-metadata.yml", **options)
        assert found is not None, errors
        return found

    return run


@pytest.fixture(scope="session")
def validate_ai4os() -> Callable[[Mapping[str, Any]], None]:
    """AI4OS's own validator of its newest format; it raises what is wrong."""
    with _quiet():
        from ai4_metadata.metadata import get_latest_schema_file
        from ai4_metadata.validate import validate_json

    schema = json.loads(get_latest_schema_file().read_text("utf-8"))

    def validate(data: Mapping[str, Any]) -> None:
        with _quiet():
            validate_json(json.loads(json.dumps(data)), schema)

    return validate


@contextmanager
def _quiet() -> Iterator[None]:
    """It uses parts of its own libraries that are to go, and they say so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
