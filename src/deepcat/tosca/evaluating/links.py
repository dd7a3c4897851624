"""Requirements bound to capabilities: which node provides what another one requires. Pure.

Where a template names a node, that is the target. Where it names a type, a capability or a filter,
it is the first node, in the template's order, that fits.

`occurrences` is a relaxation of tosca-parser, which counts a requirement with other bounds than
one to one as an error: here the bounds of the nearest definition hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from deepcat.tosca.evaluating import constraints
from deepcat.tosca.evaluating.drafts import Draft, Link
from deepcat.tosca.evaluating.functions import Evaluator
from deepcat.tosca.evaluating.primitives import is_deferred
from deepcat.tosca.reading.definitions import EntityType, Requirement, listed, mapping
from deepcat.tosca.reading.report import Spot, nearest, shown, words

_KEYS: Final = words("node capability relationship node_filter occurrences description")


class Linker:
    """Finds each requirement's target.

    Args:
        evaluator: knows all nodes; asked for values only where a node filter wants them.
        relationships: the template's relationship templates.
        spot: where these stand.
    """

    def __init__(self, evaluator: Evaluator, relationships: Mapping[str, Any], spot: Spot) -> None:
        self.evaluator = evaluator
        self.types = evaluator.types
        self.report = evaluator.report
        self.relationships = relationships
        self.spot = spot

    def link(self) -> None:
        """Link all nodes: those named outright first, so that filters can see their hosts."""
        later: list[tuple[Draft, str, Any, Spot]] = []
        for draft in self.evaluator.nodes.values():
            for name, value, spot in assignments(draft):
                wanted = value.get("node") if isinstance(value, dict) else value
                if isinstance(wanted, str) and wanted in self.evaluator.nodes:
                    self._one(draft, name, value, spot)
                else:
                    later.append((draft, name, value, spot))
        for draft, name, value, spot in later:
            self._one(draft, name, value, spot)

    def count(self) -> None:
        """Report requirements that are met too often or not at all."""
        for draft in self.evaluator.nodes.values():
            if draft.inner is None:
                self._count(draft)

    def _one(self, draft: Draft, name: str, value: Any, spot: Spot) -> None:
        declared = draft.type.requirements.get(name)
        if declared is None:
            message = f"`{shown(draft.type.name)}` has no requirement `{shown(name)}`"
            hint = nearest(name, draft.type.requirements)
            self.report.error(spot, "unknown-requirement", message, hint)
            return
        given = {"node": value} if isinstance(value, str) else value
        if not isinstance(given, dict):
            message = f"the requirement `{shown(name)}` names no node"
            self.report.error(spot, "requirement", message, "give a node's name")
            return
        for key in given:
            if key not in _KEYS:
                message = f"a requirement has no `{shown(key)}`"
                self.report.error(spot / key, "unknown-key", message, nearest(key, _KEYS))
        found = self._target(draft, name, declared, given, spot)
        if found is not None:
            target, capability = found
            relationship, values, where = self._relationship(declared, given, spot)
            self._valid(draft, target, capability, relationship, spot)
            link = Link(name, target.name, capability, relationship, values, where)
            draft.links.append(link)

    # Targets

    def _target(
        self, draft: Draft, name: str, declared: Requirement, given: Mapping[str, Any], spot: Spot
    ) -> tuple[Draft, str] | None:
        capability = given.get("capability") or declared.capability
        wanted = given.get("node")
        if isinstance(wanted, str) and wanted in self.evaluator.nodes:
            target = self.evaluator.nodes[wanted]
            offered = self._offered(target, capability)
            if offered is None:
                message = f"`{shown(wanted)}` offers no {shown(capability)}"
                hint = nearest(
                    capability, (item.type for item in target.type.capabilities.values())
                )
                self.report.error(spot, "requirement", message, hint or "require another node")
                return None
            return (target, offered) if self._fits(declared, target, spot) else None
        return self._chosen(draft, name, declared, given, spot)

    def _fits(self, declared: Requirement, target: Draft, spot: Spot) -> bool:
        if not declared.node or declared.node in target.type.ancestry:
            return True
        message = f"`{shown(target.name)}` is a {shown(target.type.name)}"
        self.report.error(spot, "requirement", message, f"require a `{shown(declared.node)}`")
        return False

    def _chosen(
        self, draft: Draft, name: str, declared: Requirement, given: Mapping[str, Any], spot: Spot
    ) -> tuple[Draft, str] | None:
        """The first node, in the template's order, that has the type, capability and values."""
        wanted = given.get("node") or declared.node or ""
        filters = [
            (given["node_filter"], spot / "node_filter") if "node_filter" in given else None,
            declared.filter,
        ]
        capability = given.get("capability") or declared.capability
        if not isinstance(wanted, str) or (
            wanted and self.types.find("node_types", wanted) is None
        ):
            message = f"there is no node, nor a node type, `{shown(wanted)}`"
            hint = nearest(wanted, self.evaluator.nodes)
            self.report.error(spot, "unknown-node", message, hint)
            return None
        for target in self.evaluator.nodes.values():
            if target is draft or (wanted and wanted not in target.type.ancestry):
                continue
            offered = self._offered(target, capability)
            if offered is not None and all(
                self._passes(target, *item) for item in filters if item is not None
            ):
                return target, offered
        message = f"no node meets the requirement `{shown(name)}` of `{shown(draft.name)}`"
        self.report.error(spot, "requirement", message, "name a node, or widen the filter")
        return None

    def _offered(self, target: Draft, capability: Any) -> str | None:
        """The target's capability by name, asked for by its name or its type."""
        offers = target.type.capabilities
        if not capability:
            return "feature" if "feature" in offers else next(iter(offers), None)
        if not isinstance(capability, str):
            return None
        if capability in offers:
            return capability
        for name, offer in offers.items():
            if self.types.is_a("capability_types", offer.type, capability):
                return name
        return None

    # Node filters

    def _passes(self, target: Draft, raw: Any, spot: Spot) -> bool:
        passes = True
        for name, clauses, where in _clauses(mapping(raw).get("properties"), spot / "properties"):
            passes &= self._holds(target, "", name, clauses, where)
        for name, inner, where in _clauses(mapping(raw).get("capabilities"), spot / "capabilities"):
            offered = self._offered(target, name)
            if offered is None:
                return False
            parts = mapping(inner).get("properties")
            for key, clauses, place in _clauses(parts, where / "properties"):
                passes &= self._holds(target, offered, key, clauses, place)
        return passes

    def _holds(self, target: Draft, capability: str, name: str, raw: Any, spot: Spot) -> bool:
        schema = self.evaluator.schemas(target, capability).get(name)
        if schema is None:
            return False
        value = self.evaluator.property(target.name, capability, name)
        if value is None:
            return False
        clauses = raw if isinstance(raw, list) else [raw]
        if is_deferred(value):
            return True
        for clause in clauses:
            operator, argument = "equal", clause
            if isinstance(clause, dict) and len(clause) == 1:
                operator, argument = next(iter(clause.items()))
            try:
                if not constraints.holds(operator, argument, value, schema.type):
                    return False
            except constraints.BadClauseError as error:
                self.report.error(spot, "constraint", shown(str(error)), "mend the filter")
                return False
        return True

    # Relationships

    def _relationship(
        self, declared: Requirement, given: Mapping[str, Any], spot: Spot
    ) -> tuple[EntityType | None, Mapping[str, Any], Spot]:
        raw, where = given.get("relationship"), spot / "relationship"
        written: Mapping[str, Any] = {}
        if isinstance(raw, str) and raw in self.relationships:
            written, where = mapping(self.relationships[raw]), self.spot / raw
            raw = written.get("type")
        elif isinstance(raw, dict):
            written = raw
            raw = raw.get("type")
        name = raw or declared.relationship or "tosca.relationships.DependsOn"
        entity = self.types.entity("relationship_types", name) if isinstance(name, str) else None
        if entity is None:
            self.types.lacking("relationship_types", name, where)
        return entity, written, where

    def _valid(
        self,
        draft: Draft,
        target: Draft,
        capability: str,
        relationship: EntityType | None,
        spot: Spot,
    ) -> None:
        offer = target.type.capabilities[capability]
        if (
            relationship
            and relationship.targets
            and not any(
                self.types.is_a("capability_types", offer.type, wanted)
                for wanted in relationship.targets
            )
        ):
            message = f"{shown(relationship.name)} cannot point to a {shown(offer.type)}"
            self.report.error(spot, "relationship", message, "use another relationship")
        if offer.sources and not any(source in draft.type.ancestry for source in offer.sources):
            message = (
                f"`{shown(target.name)}.{capability}` does not take a {shown(draft.type.name)}"
            )
            hint = "it takes " + ", ".join(shown(source) for source in offer.sources[:4])
            self.report.error(spot, "requirement", message, hint)

    def _count(self, draft: Draft) -> None:
        for name, declared in draft.type.requirements.items():
            count = sum(link.requirement == name for link in draft.links)
            tried = any(key == name for key, _, _ in assignments(draft))
            if declared.most is not None and count > declared.most:
                message = f"`{shown(draft.name)}` may have {declared.most} `{name}`, not {count}"
                self.report.error(
                    draft.spot / "requirements", "occurrences", message, "remove some"
                )
            elif count < declared.least and not tried:
                message = f"`{shown(draft.name)}` needs the requirement `{shown(name)}`"
                hint = f"require a `{shown(declared.node or declared.capability)}`"
                self.report.error(draft.spot, "requirement", message, hint)


def assignments(draft: Draft) -> Iterator[tuple[str, Any, Spot]]:
    """A node template's requirements: name, value and place."""
    for index, item in enumerate(listed(draft.data.get("requirements"))):
        for name, value in mapping(item).items():
            yield name, value, draft.spot / "requirements" / index / name


def _clauses(raw: Any, spot: Spot) -> Iterator[tuple[str, Any, Spot]]:
    """A filter's parts, written as a list of mappings or as one mapping."""
    if isinstance(raw, dict):
        for name, value in raw.items():
            yield name, value, spot / name
    for index, item in enumerate(listed(raw)):
        for name, value in mapping(item).items():
            yield name, value, spot / index / name


def in_order(drafts: Mapping[str, Draft]) -> tuple[list[str], list[str]]:
    """Nodes so that what is required stands before what requires it; and those in a ring."""
    needs = {name: {link.target for link in draft.links} for name, draft in drafts.items()}
    needed: dict[str, list[str]] = {name: [] for name in drafts}
    for name, targets in needs.items():
        for target in targets:
            needed[target].append(name)
    place = {name: index for index, name in enumerate(drafts)}
    ready = [name for name in drafts if not needs[name]]
    ordered: list[str] = []
    while ready:
        name = ready.pop(0)
        ordered.append(name)
        free = []
        for other in needed[name]:
            needs[other].discard(name)
            if not needs[other]:
                free.append(other)
        ready.extend(sorted(free, key=place.__getitem__))
    return ordered, [name for name in drafts if needs[name]]
