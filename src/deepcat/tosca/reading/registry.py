"""Types with their inheritance worked out: the library's and the template's own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from deepcat.tosca.reading import library
from deepcat.tosca.reading.definitions import (
    Capability,
    Definition,
    EntityType,
    Procedure,
    Requirement,
    listed,
    mapping,
    operations_of,
    short_name,
)
from deepcat.tosca.reading.names import Names
from deepcat.tosca.reading.report import Report, Spot, shown
from deepcat.tosca.reading.written_types import WrittenTypes


class Types(WrittenTypes):
    """All types that a template may name, each with all it inherits.

    Args:
        own: kind -> name -> definition, from the template and the files it imports.
        libraries: names of the vendored libraries that are imported, in their order.
        report: where mistakes in definitions go.
        names: what the names of types mean in each document; None where all are whole.
    """

    def __init__(
        self,
        own: Mapping[str, Mapping[str, Definition]],
        libraries: tuple[str, ...],
        report: Report,
        names: Names | None = None,
    ) -> None:
        super().__init__(own, libraries, report, names)
        self._entities: dict[tuple[str, str], EntityType] = {}
        # A template may define a library's types itself; then the shared ones do not hold for it.
        self._shared = not any(
            library.owner_of(kind, name, libraries) for kind, names in own.items() for name in names
        )

    def entity(self, kind: str, name: str) -> EntityType | None:
        """A type with all it inherits; None when it is not known (which is not reported)."""
        key = (kind, name)
        if key not in self._entities:
            chain = self.chain(kind, name)
            if not chain:
                return None
            if self._shared and chain[0][1].library:
                self._entities[key] = _library_entity(kind, name, self.libraries)
            else:
                self._entities[key] = self._flatten(kind, chain)
        return self._entities[key]

    def check_requirements(self) -> None:
        """Report what the template's own node types require and nobody defines; of those used."""
        for (kind, name), entity in tuple(self._entities.items()):
            definition = self.own.get(kind, {}).get(name)
            if kind != "node_types" or definition is None:
                continue
            for declared in entity.requirements.values():
                for what, wanted in (
                    ("capability_types", declared.capability),
                    ("relationship_types", declared.relationship),
                    ("node_types", declared.node),
                ):
                    if wanted and self.find(what, wanted) is None:
                        self.lacking(what, wanted, definition.spot / "requirements")

    def _flatten(self, kind: str, chain: tuple[tuple[str, Definition], ...]) -> EntityType:
        entity = EntityType(chain[0][0], tuple(name for name, _ in chain), {}, {}, {}, {}, {}, {})
        targets: tuple[str, ...] = ()
        held: dict[tuple[str, str], tuple[tuple[str, Any], ...]] = {}
        for _, definition in reversed(chain):
            data, spot = definition.data, definition.spot
            for section, store in (
                ("properties", entity.properties),
                ("attributes", entity.attributes),
            ):
                for name, value in mapping(data.get(section)).items():
                    schema = self.schema(value, spot / section / name, store.get(name))
                    if schema is None:
                        continue
                    # What our roles are given keeps our bounds, whatever derives from our types.
                    kept = held.setdefault((section, name), ())
                    if definition.library == library.OURS:
                        held[section, name] = schema.constraints
                    elif kept:
                        schema = replace(schema, constraints=kept + schema.constraints)
                    store[name] = schema  # type: ignore[index]
            if kind in ("node_types", "relationship_types", "group_types"):
                self._interfaces(definition, entity)
            if kind == "node_types":
                self._offers(data, spot, entity)
                self._needs(definition, entity)
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

    def _needs(self, definition: Definition, entity: EntityType) -> None:
        for index, item in enumerate(listed(definition.data.get("requirements"))):
            for name, written in mapping(item).items():
                where = definition.spot / "requirements" / index / name
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
                    definition.library,
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
            if type_name is None and short not in entity.interfaces and not definition.library:
                message = f"the interface `{shown(name)}` names no type"
                self.report.error(where / name, "definition", message, "give it a `type`")
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
def _library_entity(kind: str, name: str, libraries: tuple[str, ...]) -> EntityType:
    """A type of the libraries with all it inherits; the same for every template."""
    types = Types({}, libraries, Report())
    types._shared = False
    entity = types.entity(kind, name)
    assert entity is not None  # noqa: S101 - our own files, tested
    return entity
