"""Types with their inheritance worked out: the library's and the template's own. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from deepcat.catalog.reading.document import Document
from deepcat.tosca.reading import library
from deepcat.tosca.reading.report import Report, Spot, nearest, shown, words
from deepcat.tosca.reading.scalars import UNITS

MAX_ANCESTORS = 32
MISSING: Final = object()
PRIMITIVES: Final = words("string integer float boolean timestamp null version range") | frozenset(
    UNITS
)
CONTAINERS: Final = frozenset(("list", "map"))


@dataclass(frozen=True, slots=True)
class Schema:
    """What a property, an attribute or an input may hold.

    Attributes:
        type: a primitive, ``list``, ``map`` or a data type's name.
        constraints: pairs of clause and argument.
        entry: what a list's or map's entries hold; None for anything.
        spot: where it is defined.
    """

    type: str
    required: bool = True
    default: Any = MISSING
    constraints: tuple[tuple[str, Any], ...] = ()
    entry: Schema | None = None
    spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A type as written, with its place."""

    data: Mapping[str, Any]
    spot: Spot
    library: str = ""


@dataclass(frozen=True, slots=True)
class Capability:
    """A capability that a node type offers."""

    type: str
    properties: Mapping[str, Schema]
    attributes: Mapping[str, Schema]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement that a node type has; `most` is None where unbounded."""

    capability: str = ""
    node: str = ""
    relationship: str = ""
    least: int = 1
    most: int | None = 1
    filter: tuple[Any, Spot] | None = None


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


class Types:
    """All types that a template may name.

    Args:
        own: kind -> name -> definition, from the template and the files it imports.
        libraries: names of the vendored libraries that are imported.
        report: where mistakes in definitions go.
    """

    def __init__(
        self, own: Mapping[str, Mapping[str, Definition]], libraries: frozenset[str], report: Report
    ) -> None:
        self.own = own
        self.libraries = libraries | frozenset(library.ALWAYS)
        self.report = report
        self._entities: dict[tuple[str, str], EntityType] = {}
        # A template may define INDIGO's types itself; then the shared ones do not hold for it.
        self._shared = not any(
            library.owner_of(kind, name) for kind, names in own.items() for name in names
        )
        self._chains: dict[tuple[str, str], tuple[tuple[str, Definition], ...]] = {}

    def find(self, kind: str, name: str) -> Definition | None:
        """A type's definition as written, or None."""
        mine = self.own.get(kind, {}).get(name)
        if mine is not None:
            return mine
        owner = library.owner_of(kind, name)
        if owner is None or owner not in self.libraries:
            return None
        document = Document(f"{owner} (built in)", None, "")
        return Definition(library.definition(owner, kind, name), Spot(document), owner)

    def names(self, kind: str) -> Iterator[str]:
        """Every name that may be used, the template's own first."""
        yield from self.own.get(kind, {})
        for owner in sorted(self.libraries):
            yield from library.library(owner)[kind]

    def lacking(self, kind: str, name: Any, spot: Spot) -> None:
        """Report a type that is not known, with the nearest that is, or the import it needs."""
        what = kind.removesuffix("s").replace("_", " ")
        owner = library.owner_of(kind, name) if isinstance(name, str) else None
        hint = f"add `imports: [{owner}]`" if owner else nearest(name, self.names(kind))
        self.report.error(spot, "unknown-type", f"there is no {what} `{shown(name)}`", hint)

    def chain(self, kind: str, name: str) -> tuple[tuple[str, Definition], ...]:
        """A type and its ancestors with their definitions, nearest first; empty when unknown."""
        key = (kind, name)
        if key not in self._chains:
            self._chains[key] = self._chain(kind, name)
        return self._chains[key]

    def _chain(self, kind: str, name: str) -> tuple[tuple[str, Definition], ...]:
        found: list[tuple[str, Definition]] = []
        seen: set[str] = set()
        while name:
            definition = self.find(kind, name)
            if definition is None:
                if found:
                    self.lacking(kind, name, found[-1][1].spot / "derived_from")
                break
            found.append((name, definition))
            seen.add(name)
            parent = definition.data.get("derived_from")
            if parent is None or (kind == "data_types" and parent in PRIMITIVES | CONTAINERS):
                break
            if not isinstance(parent, str) or parent in seen or len(found) >= MAX_ANCESTORS:
                message = f"`{shown(name)}` derives from itself, or from too many types"
                where = definition.spot / "derived_from"
                self.report.error(where, "type-cycle", message, "name a type above it, once")
                break
            name = parent
        return tuple(found)

    def is_a(self, kind: str, name: str, ancestor: str) -> bool:
        """Whether a type is another one, or derives from it."""
        return any(link == ancestor for link, _ in self.chain(kind, name))

    def entity(self, kind: str, name: str) -> EntityType | None:
        """A type with all it inherits; None when it is not known (which is not reported)."""
        key = (kind, name)
        if key not in self._entities:
            chain = self.chain(kind, name)
            if not chain:
                return None
            if self._shared and chain[0][1].library:
                self._entities[key] = _library_entity(kind, name)
            else:
                self._entities[key] = self._flatten(kind, chain)
        return self._entities[key]

    def _flatten(self, kind: str, chain: tuple[tuple[str, Definition], ...]) -> EntityType:
        entity = EntityType(chain[0][0], tuple(name for name, _ in chain), {}, {}, {}, {}, {}, {})
        targets: tuple[str, ...] = ()
        for _, definition in reversed(chain):
            data, spot = definition.data, definition.spot
            for section, store in (
                ("properties", entity.properties),
                ("attributes", entity.attributes),
            ):
                for name, value in mapping(data.get(section)).items():
                    schema = self.schema(value, spot / section / name)
                    if schema is not None:
                        store[name] = schema  # type: ignore[index]
            if kind in ("node_types", "relationship_types", "group_types"):
                self._interfaces(definition, entity)
            if kind == "node_types":
                self._offers(data, spot, entity)
                self._needs(data, spot, entity)
                for name, value in mapping(data.get("artifacts")).items():
                    entity.artifacts[name] = (value, spot / "artifacts" / name)  # type: ignore[index]
            targets = tuple(listed(data.get("valid_target_types"))) or targets
        return EntityType(
            entity.name,
            entity.ancestry,
            entity.properties,
            entity.attributes,
            entity.capabilities,
            entity.requirements,
            entity.interfaces,
            entity.artifacts,
            tuple(target for target in targets if isinstance(target, str)),
            entity.inputs,
        )

    def schema(self, value: Any, spot: Spot) -> Schema | None:
        """Read a property's, attribute's or input's definition; None after reporting a mistake."""
        if isinstance(value, str):
            value = {"type": value}
        if not isinstance(value, dict):
            self.report.error(spot, "definition", "this is not a definition", "give it a `type`")
            return None
        type_name = value.get("type", "string")
        if not self._known_value_type(type_name):
            what = [*PRIMITIVES, *CONTAINERS, *self.names("data_types")]
            message = f"there is no data type `{shown(type_name)}`"
            self.report.error(spot / "type", "unknown-type", message, nearest(type_name, what))
            return None
        required = value.get("required", True)
        if not isinstance(required, bool):
            self.report.error(spot / "required", "definition", "`required` is true or false")
        entry = value.get("entry_schema")
        return Schema(
            type_name,
            required is not False,
            value.get("default", MISSING),
            self._clauses(value.get("constraints"), spot / "constraints"),
            None if entry is None else self.schema(entry, spot / "entry_schema"),
            spot,
        )

    def _known_value_type(self, name: Any) -> bool:
        if not isinstance(name, str):
            return False
        return name in PRIMITIVES | CONTAINERS or self.find("data_types", name) is not None

    def _clauses(self, value: Any, spot: Spot) -> tuple[tuple[str, Any], ...]:
        if value is None:
            return ()
        clauses = [value] if isinstance(value, dict) else value
        if not isinstance(clauses, list) or not all(
            isinstance(clause, dict) and len(clause) == 1 for clause in clauses
        ):
            message = "constraints are a list of clauses, each with one key"
            self.report.error(spot, "constraint", message)
            return ()
        return tuple(next(iter(clause.items())) for clause in clauses)

    def capability(self, name: str) -> EntityType | None:
        """A capability type with all it inherits."""
        return self.entity("capability_types", name)

    def _offers(self, data: Mapping[str, Any], spot: Spot, entity: EntityType) -> None:
        for name, written in mapping(data.get("capabilities")).items():
            value = {"type": written} if isinstance(written, str) else mapping(written)
            where = spot / "capabilities" / name
            inherited = entity.capabilities.get(name)
            type_name = value.get("type") or (inherited.type if inherited else None)
            base = self.capability(type_name) if isinstance(type_name, str) else None
            if base is None:
                self.lacking("capability_types", type_name, where)
                continue
            extra = {
                key: schema
                for key, item in mapping(value.get("properties")).items()
                if isinstance(item, dict)
                and "type" in item
                and (schema := self.schema(item, where / "properties" / key))
            }
            entity.capabilities[name] = Capability(  # type: ignore[index]
                base.name,
                {**base.properties, **extra},
                base.attributes,
                tuple(listed(value.get("valid_source_types"))),
            )

    def _needs(self, data: Mapping[str, Any], spot: Spot, entity: EntityType) -> None:
        for index, item in enumerate(listed(data.get("requirements"))):
            for name, written in mapping(item).items():
                where = spot / "requirements" / index / name
                value = {"capability": written} if isinstance(written, str) else mapping(written)
                relationship = value.get("relationship")
                if isinstance(relationship, dict):
                    relationship = relationship.get("type")
                least, most = self._occurrences(value.get("occurrences", [1, 1]), where)
                found = value.get("node_filter")
                entity.requirements[name] = Requirement(  # type: ignore[index]
                    str(value.get("capability") or ""),
                    str(value.get("node") or ""),
                    str(relationship or ""),
                    least,
                    most,
                    None if found is None else (found, where / "node_filter"),
                )

    def _occurrences(self, value: Any, spot: Spot) -> tuple[int, int | None]:
        match value:
            case [int(least), "UNBOUNDED"] if least >= 0:
                return least, None
            case [int(least), int(most)] if 0 <= least <= most:
                return least, most
        message = "occurrences are a list of two whole numbers, the second may be UNBOUNDED"
        self.report.error(spot / "occurrences", "definition", message)
        return 0, None

    def _interfaces(self, definition: Definition, entity: EntityType) -> None:
        where = definition.spot / "interfaces"
        for name, written in mapping(definition.data.get("interfaces")).items():
            short = short_name(name)
            known: dict[str, tuple[Procedure, ...]] = dict(entity.interfaces.get(short, {}))
            value = mapping(written)
            given = (*entity.inputs.get(short, ()), (value.get("inputs"), where / name / "inputs"))
            type_name = value.get("type") or (name if "." in name else None)
            if isinstance(type_name, str):
                for base in self._interface_types(type_name, where / name):
                    given = ((base.data.get("inputs"), base.spot / "inputs"), *given)
                    for operation, data, spot in operations_of(base.data, base.spot):
                        known.setdefault(operation, (Procedure(data, spot, base.library),))
            entity.inputs[short] = given  # type: ignore[index]
            for operation, data, spot in operations_of(value, where / name):
                found = Procedure(data, spot, definition.library)
                known[operation] = (found, *known.get(operation, ()))
            entity.interfaces[short] = known  # type: ignore[index]

    def _interface_types(self, name: str, spot: Spot) -> list[Definition]:
        chain = self.chain("interface_types", name)
        if not chain:
            self.lacking("interface_types", name, spot)
        return [definition for _, definition in chain]


@cache
def _library_entity(kind: str, name: str) -> EntityType:
    """A type of the library with all it inherits; the same for every template."""
    types = Types({}, frozenset(library.BY_NAME), Report())
    types._shared = False
    entity = types.entity(kind, name)
    assert entity is not None  # noqa: S101 - our own files, tested
    return entity


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


_INTERFACE_KEYS = words(
    "type inputs operations notifications derived_from description version metadata"
)
