"""The schema of a cloud's file: what all clouds have, joined with what only its kind has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deepcat.catalog.cloud_kinds import Installed, installed
from deepcat.catalog.judging.keywords import RULES
from deepcat.catalog.judging.validators import validator

# A finding can be worded for those of `RULES`, and these find nothing.
_SILENT = {
    "$comment", "$schema", "title", "description", "examples", "default", "deprecated",
    "properties", "patternProperties", "items", "x-names-a-secret",
}  # fmt: skip
_ANYTHING = {"description": "What this kind of cloud has of its own.", "type": "object"}


def joined(base: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The schema of all clouds, closed but for the section of one kind.

    Args:
        base: of all clouds.
        name: the kind; what nothing here knows may say what it likes in its section.
    """
    whole = {**base, "additionalProperties": False}
    if name and name not in base["properties"]:
        whole["properties"] = {**base["properties"], name: _section(base, installed(name))}
    return whole


def why_unusable(found: Installed) -> str:
    """Why a kind that is installed cannot be used, in words; empty when it can."""
    if found.schema is None:
        return found.why
    unknown = sorted(set(_words(found.schema)) - set(RULES) - _SILENT)
    if unknown:
        return f"the schema of the kind of cloud `{found.name}` uses `{unknown[0]}`, unknown here"
    try:
        validator(dict(found.schema))
    except Exception as error:  # what somebody else wrote, and whatever a validator says of it
        return f"the schema of the kind of cloud `{found.name}` is none: {error}"
    return ""


def names_a_secret(found: Installed | None, path: Sequence[str | int]) -> bool:
    """Whether a kind says of a value that it names an object of the cloud that keeps a secret.

    Args:
        found: the kind.
        path: of the value, from its kind's section on.
    """
    schema: Any = found.schema if found is not None else None
    for part in path:
        schema = (schema.get("properties") or {}).get(part) if isinstance(schema, Mapping) else None
    return isinstance(schema, Mapping) and schema.get("x-names-a-secret") is True


def _section(base: Mapping[str, Any], found: Installed | None) -> Mapping[str, Any]:
    if found is None or found.schema is None or why_unusable(found):
        return _ANYTHING
    section = {"properties": {}, **found.schema, "type": "object", "additionalProperties": False}
    closed: Mapping[str, Any] = _closed(section, base["patternProperties"])
    return closed


def _closed(schema: Any, own: Mapping[str, Any]) -> Any:
    """The same schema with every object in it closed that names its keys and says no more.

    Args:
        schema: of a kind, or a part of one.
        own: what keys of the reader's own may be.
    """
    if isinstance(schema, list):
        return [_closed(each, own) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    found = dict(schema)
    for word in ("properties", "patternProperties"):
        if isinstance(found.get(word), Mapping):
            found[word] = {name: _closed(each, own) for name, each in found[word].items()}
    for word in ("items", "additionalProperties", "oneOf"):
        if word in found:
            found[word] = _closed(found[word], own)
    if "properties" in found:
        found = {"patternProperties": own, "additionalProperties": False, **found}
    return found


def _words(schema: Any) -> Iterator[str]:
    """Every keyword of a schema and of those inside it."""
    if not isinstance(schema, Mapping):
        return
    for word, value in schema.items():
        yield str(word)
        if word in ("properties", "patternProperties") and isinstance(value, Mapping):
            for inner in value.values():
                yield from _words(inner)
        elif word in ("items", "additionalProperties"):
            yield from _words(value)
        elif word == "oneOf" and isinstance(value, list):
            for inner in value:
                yield from _words(inner)
