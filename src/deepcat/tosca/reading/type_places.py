"""Where type names stand in a template, as a table; and a walk that writes them whole. Pure.

Nothing else of a document is touched, and nothing moves: what is written whole stands where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from deepcat.tosca.reading.library import KINDS

# The whole name of a type, by its kind and its name; `NODE` asks for a node or else a type.
Meant = Callable[[str, str], str]
NODE: Final = "node"


@dataclass(frozen=True, slots=True)
class _Each:
    """Every value of a mapping, or of the mappings of a list."""

    of: Any


@dataclass(frozen=True, slots=True)
class _Either:
    """Text is a type's name; a mapping has parts."""

    kind: str
    parts: Any


_SCHEMA: Final[dict[str, Any]] = {"type": "data_types"}
_SHORT_SCHEMA: Final = _Either("data_types", _SCHEMA)
_SCHEMA["entry_schema"] = _SCHEMA["key_schema"] = _SHORT_SCHEMA
_SCHEMAS: Final = _Each(_SCHEMA)
_OPERATION: Final = {"inputs": _SCHEMAS, "outputs": _SCHEMAS}
_INTERFACE: Final = {
    "type": "interface_types",
    "inputs": _SCHEMAS,
    "operations": _Each(_OPERATION),
}
_ARTIFACTS: Final = _Each({"type": "artifact_types"})
_RELATIONSHIP: Final = {"type": "relationship_types", "interfaces": _Each(_INTERFACE)}
_NEED: Final = {
    "capability": "capability_types",
    "node": "node_types",
    "relationship": _Either("relationship_types", _RELATIONSHIP),
}
_OFFER: Final = {
    "type": "capability_types",
    "valid_source_types": "node_types",
    "properties": _SCHEMAS,
    "attributes": _SCHEMAS,
}
_TYPE: Final = {"properties": _SCHEMAS, "attributes": _SCHEMAS, "interfaces": _Each(_INTERFACE)}
_TYPES: Final[dict[str, dict[str, Any]]] = {
    "node_types": {
        **_TYPE,
        "capabilities": _Each(_Either("capability_types", _OFFER)),
        "requirements": _Each(_Either("capability_types", _NEED)),
        "artifacts": _ARTIFACTS,
    },
    "relationship_types": {**_TYPE, "valid_target_types": "capability_types"},
    "capability_types": {**_TYPE, "valid_source_types": "node_types"},
    "interface_types": {"inputs": _SCHEMAS, "operations": _Each(_OPERATION)},
    "data_types": {
        **_TYPE,
        "type": "data_types",
        "entry_schema": _SHORT_SCHEMA,
        "key_schema": _SHORT_SCHEMA,
    },
    "artifact_types": _TYPE,
    "policy_types": {**_TYPE, "targets": "node_types"},
    "group_types": {**_TYPE, "members": "node_types"},
}
_TOPOLOGY: Final = {
    "inputs": _SCHEMAS,
    "node_templates": _Each(
        {
            "type": "node_types",
            "requirements": _Each(_Either(NODE, {**_NEED, "node": NODE})),
            "artifacts": _ARTIFACTS,
            "interfaces": _Each(_INTERFACE),
        }
    ),
    "relationship_templates": _Each(_RELATIONSHIP),
    "groups": _Each({"type": "group_types"}),
    "policies": _Each({"type": "policy_types"}),
    "substitution_mappings": {"node_type": "node_types"},
}


def whole_type(data: Mapping[str, Any], kind: str, meant: Meant) -> Mapping[str, Any]:
    """A type's definition with every name in it whole."""
    written: Mapping[str, Any] = _walked(data, {"derived_from": kind, **_TYPES[kind]}, meant)
    return written


def whole_topology(data: Mapping[str, Any], meant: Meant) -> Mapping[str, Any]:
    """A document whose topology has every name whole; itself where that changes nothing."""
    written: Mapping[str, Any] = _walked(data, {"topology_template": _TOPOLOGY}, meant)
    return written


def _walked(value: Any, grammar: Any, meant: Meant) -> Any:
    if isinstance(grammar, str):
        return _named(value, grammar, meant)
    if isinstance(grammar, _Either):
        if isinstance(value, str):
            return _named(value, grammar.kind, meant)
        return _walked(value, grammar.parts, meant)
    if isinstance(grammar, _Each) and isinstance(value, list):
        items = [_walked(item, grammar, meant) for item in value]
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if isinstance(grammar, _Each):
        grammar = dict.fromkeys(value, grammar.of) if isinstance(value, dict) else {}
    return _replaced(value, grammar, meant) if isinstance(value, dict) else value


def _replaced(value: dict[str, Any], grammar: Mapping[str, Any], meant: Meant) -> dict[str, Any]:
    changed = {
        key: walked
        for key, part in grammar.items()
        if key in value and (walked := _walked(value[key], part, meant)) is not value[key]
    }
    return {**value, **changed} if changed else value


def _named(value: Any, kind: str, meant: Meant) -> Any:
    if isinstance(value, str):
        found = meant(kind, value)
        return value if found == value else found
    if isinstance(value, list):
        items = [_named(item, kind, meant) for item in value]
        return items if items != value else value
    return value


assert set(_TYPES) == set(KINDS)  # noqa: S101 - the table has every kind
