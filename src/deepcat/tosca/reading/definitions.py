"""What types define, as values: schemas, capabilities, requirements, operations. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deepcat.tosca.reading.report import Spot, words
from deepcat.tosca.reading.scalars import UNITS

MISSING: Final = object()
PRIMITIVES: Final = words("string integer float boolean timestamp null version range") | frozenset(
    UNITS
)
CONTAINERS: Final = frozenset(("list", "map"))
_INTERFACE_KEYS: Final = words(
    "type inputs operations notifications derived_from description version metadata"
)


@dataclass(frozen=True, slots=True)
class Schema:
    """What a property, an attribute or an input may hold.

    Attributes:
        type: a primitive, ``list``, ``map`` or a data type's name.
        constraints: pairs of clause and argument.
        entry: what a list's or map's entries hold; None for anything.
        spot: where it is defined.
        key: what a map's keys are; None for any text.
    """

    type: str
    required: bool = True
    default: Any = MISSING
    constraints: tuple[tuple[str, Any], ...] = ()
    entry: Schema | None = None
    spot: Spot | None = None
    key: Schema | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A type as written, with its place.

    Attributes:
        library: the vendored library that it is of; empty for the template's own.
        raw: what stands there, where it is no definition at all.
    """

    data: Mapping[str, Any]
    spot: Spot
    library: str = ""
    raw: Any = None


@dataclass(frozen=True, slots=True)
class Capability:
    """A capability that a node type offers."""

    type: str
    properties: Mapping[str, Schema]
    attributes: Mapping[str, Schema]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement that a node type has.

    Attributes:
        most: None where unbounded.
        library: the vendored library that defines it; empty for the template's own types.
    """

    capability: str = ""
    node: str = ""
    relationship: str = ""
    least: int = 1
    most: int | None = 1
    filter: tuple[Any, Spot] | None = None
    library: str = ""

    @property
    def is_strict(self) -> bool:
        """Whether it binds: tools of the field hold nobody to TOSCA's own, nor to their own."""
        return self.library in ("", "deepcat")


@dataclass(frozen=True, slots=True)
class Procedure:
    """An operation as some type or template defines it, nearest definition first."""

    data: Any
    spot: Spot
    library: str = ""


@dataclass(frozen=True, slots=True)
class EntityType:
    """A type with everything it inherits.

    Attributes:
        ancestry: itself and its ancestors, nearest first.
        interfaces: interface -> operation -> its definitions, nearest first.
        inputs: interface -> what all its operations get, with place, nearest last.
        artifacts: artifact -> definition and place.
        targets: of a relationship type, the capability types it may point to.
    """

    name: str
    ancestry: tuple[str, ...]
    properties: Mapping[str, Schema] = field(default_factory=dict)
    attributes: Mapping[str, Schema] = field(default_factory=dict)
    capabilities: Mapping[str, Capability] = field(default_factory=dict)
    requirements: Mapping[str, Requirement] = field(default_factory=dict)
    interfaces: Mapping[str, Mapping[str, tuple[Procedure, ...]]] = field(default_factory=dict)
    artifacts: Mapping[str, tuple[Any, Spot]] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    inputs: Mapping[str, tuple[tuple[Any, Spot], ...]] = field(default_factory=dict)


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def short_name(interface: str) -> str:
    """An interface's short name: the last part of a type's name."""
    return interface.rsplit(".", 1)[-1]


def operations_of(interface: Mapping[str, Any], spot: Spot) -> Iterator[tuple[str, Any, Spot]]:
    """The operations of an interface, in TOSCA 1.3's grammar (`operations:`) or the older one."""
    nested = interface.get("operations")
    if isinstance(nested, dict):
        for name, data in nested.items():
            yield name, data, spot / "operations" / name
    for name, data in interface.items():
        if name not in _INTERFACE_KEYS:
            yield name, data, spot / name
