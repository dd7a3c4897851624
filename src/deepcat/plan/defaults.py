"""What deepcat's type library says a property is where nobody says otherwise; read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from deepcat.tosca.reading.definitions import MISSING, EntityType, Schema
from deepcat.tosca.reading.registry import Types
from deepcat.tosca.reading.report import Report
from deepcat.tosca.topology import Node

_LIBRARIES = ("deepcat", "indigo")


@dataclass(frozen=True, slots=True)
class Defaults:
    """Of a node type: its properties, and those of each of its capabilities; None where unset."""

    properties: Mapping[str, Any] = field(default_factory=dict)
    capabilities: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def of_node(node: Node) -> Defaults:
    """Of the nearest of a node's types that the library has."""
    entity = _entity("node_types", nearest(node))
    if entity is None:
        return Defaults()
    held = entity.capabilities.items()
    offered = {each: _values(capability.properties) for each, capability in held}
    return Defaults(_values(entity.properties), offered)


def nearest(node: Node) -> str:
    """The nearest of a node's types that the library has; its own where it has none of them."""
    kinds = (node.type, *node.ancestry)
    return next((name for name in kinds if _entity("node_types", name) is not None), node.type)


def of_relationship(name: str) -> Mapping[str, Any]:
    """Of a relationship type; empty where the library does not have it."""
    entity = _entity("relationship_types", name)
    return _values(entity.properties) if entity else {}


def of_policy(name: str) -> Mapping[str, Any]:
    """Of a policy type; empty where the library does not have it."""
    entity = _entity("policy_types", name)
    return _values(entity.properties) if entity else {}


def _values(schemas: Mapping[str, Schema]) -> dict[str, Any]:
    return {
        name: None if schema.default is MISSING else schema.default
        for name, schema in schemas.items()
    }


@cache
def _types() -> Types:
    return Types({}, _LIBRARIES, Report())


def _entity(kind: str, name: str) -> EntityType | None:
    return _types().entity(kind, name)
