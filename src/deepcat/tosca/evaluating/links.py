"""Requirements bound to capabilities: which node provides what another one requires. Pure.

Where a template names a node, that is the target. Where it names a type, a capability or a filter,
it is the first node, in the template's order, that fits; where none does and a host is wanted, it
is a machine of its own, for which the matcher takes an offer. What an own type requires and the
template leaves out is the one node that fits, or such a machine.

Relaxations of tosca-parser, and of what libraries of the field say of themselves:

- `occurrences`: the parser counts a requirement with other bounds than one to one as an error; here
  the bounds of the nearest definition hold.
- `loose-requirement`: that a requirement of TOSCA's own types, or of a library of the field, is not
  met, or is met by a node of another type with the capability, is a hint.
- `base-capability`: where TOSCA's own types want a capability, its base type does, with a hint: the
  specification itself puts a Docker container on a plain runtime.
- `source-type`: a source that a capability's `valid_source_types` leave out is a hint, save for
  deepcat's own types; libraries of the field link what their own lists do not name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from deepcat.tosca.evaluating.drafts import Draft, Link, Scope
from deepcat.tosca.evaluating.functions import Evaluator
from deepcat.tosca.evaluating.node_filters import MACHINE, CannotAskError, Filters, machine_draft
from deepcat.tosca.reading.definitions import EntityType, Requirement, listed, mapping
from deepcat.tosca.reading.report import Spot, nearest, shown, words

_HOSTED: Final = "tosca.relationships.HostedOn"
_ROOT: Final = "tosca.capabilities.Root"
_KEYS: Final = words("node capability relationship node_filter occurrences description")


class Linker:
    """Finds each requirement's target.

    Args:
        evaluator: knows all nodes; asked for values only where a node filter wants them.

    Attributes:
        exported: nodes with requirements that the template's own mappings leave to others.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.types = evaluator.types
        self.report = evaluator.report
        self.relationships, self.spot = evaluator.relationships
        self.filters = Filters(evaluator)
        self.exported: frozenset[tuple[str, str]] = frozenset()
        self._made: set[str] = set()

    def link(self) -> None:
        """Link all nodes: those named outright first, so that filters can see their hosts."""
        for name, data in self.relationships.items():
            kind = mapping(data).get("type")
            if not isinstance(kind, str) or self.types.find("relationship_types", kind) is None:
                self.types.lacking("relationship_types", kind, self.spot / name)
        for draft in self.evaluator.nodes.values():
            self.filters.select(draft)
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
        for draft in tuple(self.evaluator.nodes.values()):
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
            self._tie(draft, name, declared, given, spot, *found)

    def _tie(
        self,
        draft: Draft,
        name: str,
        declared: Requirement,
        given: Mapping[str, Any],
        spot: Spot,
        target: Draft,
        capability: str,
    ) -> None:
        relationship, values, where = self._relationship(declared, given, spot)
        self._valid(draft, declared, target, capability, relationship, spot)
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
            offered = self.filters.offered(target.type, capability)
            if offered is None and not declared.is_strict and "capability" not in given:
                offered = self._wider(declared, target, spot)
            if offered is None:
                message = f"`{shown(wanted)}` offers no {shown(capability)}"
                hint = nearest(
                    capability, (item.type for item in target.type.capabilities.values())
                )
                self.report.error(spot, "requirement", message, hint or "require another node")
                return None
            return (target, offered) if self._fits(declared, target, spot) else None
        return self._chosen(draft, name, declared, given, spot)

    def _wider(self, declared: Requirement, target: Draft, spot: Spot) -> str | None:
        """The capability that a host has of the type from which the wanted one derives."""
        host = declared.relationship or _HOSTED
        base = [name for name, _ in self.types.chain("capability_types", declared.capability)][1:2]
        if base in ([], [_ROOT]) or not self.types.is_a("relationship_types", host, _HOSTED):
            return None
        offered = self.filters.offered(target.type, base[0])
        if offered is not None:
            message = f"`{shown(target.name)}` offers a {base[0]}, not a {declared.capability}"
            self.report.hint(spot, "requirement", message, "require a node that says so")
        return offered

    def _fits(self, declared: Requirement, target: Draft, spot: Spot) -> bool:
        if not declared.node or declared.node in target.type.ancestry:
            return True
        message = f"`{shown(target.name)}` is a {shown(target.type.name)}"
        self._say(declared)(spot, "requirement", message, f"require a `{shown(declared.node)}`")
        return not declared.is_strict

    def _say(self, declared: Requirement) -> Callable[[Spot, str, str, str], None]:
        return self.report.error if declared.is_strict else self.report.hint

    def _chosen(
        self, draft: Draft, name: str, declared: Requirement, given: Mapping[str, Any], spot: Spot
    ) -> tuple[Draft, str] | None:
        """The first node, in the template's order, that has the type, capability and values."""
        wanted = given.get("node") or declared.node or ""
        own = (given["node_filter"], spot / "node_filter") if "node_filter" in given else None
        filters = [item for item in (own, declared.filter) if item is not None]
        capability = given.get("capability") or declared.capability
        if not isinstance(wanted, str) or (
            wanted and self.types.find("node_types", wanted) is None
        ):
            message = f"there is no node, nor a node type, `{shown(wanted)}`"
            hint = nearest(wanted, self.evaluator.nodes)
            self.report.error(spot, "unknown-node", message, hint)
            return None
        for found in self._fitting(draft, wanted, capability, filters):
            return found
        try:
            return self._machine(draft, name, wanted, capability, declared, filters, spot)
        except CannotAskError as why:
            message = f"no node meets the requirement `{shown(name)}` of `{shown(draft.name)}`"
            hint = f"{why}: name a node, or widen the filter"
            bounds = listed(given.get("occurrences"))
            say = self.report.hint if bounds[:1] == [0] else self.report.error
            say(spot, "requirement", message, hint)
            return None

    def _fitting(
        self, draft: Draft, wanted: str, capability: Any, filters: list[tuple[Any, Spot]]
    ) -> Iterator[tuple[Draft, str]]:
        for target in self.evaluator.nodes.values():
            if target is draft or (wanted and wanted not in target.type.ancestry):
                continue
            offered = self.filters.offered(target.type, capability)
            if target.name in self._made or offered is None:
                continue
            if all(self.filters.passes(target, *item, Scope(draft.name)) for item in filters):
                yield target, offered

    def _machine(
        self,
        draft: Draft,
        name: str,
        wanted: str,
        capability: Any,
        declared: Requirement,
        filters: list[tuple[Any, Spot]],
        spot: Spot,
    ) -> tuple[Draft, str]:
        """A machine that nobody wrote down: the matcher finds an offer that has what is asked.

        Raises:
            CannotAskError: no machine could meet the requirement.
        """
        host = declared.relationship or _HOSTED
        if not self.types.is_a("relationship_types", host, _HOSTED):
            raise CannotAskError("what is required is no host, which an offer could be")
        kind = self.types.entity("node_types", wanted or MACHINE)
        offered = self.filters.offered(kind, capability) if kind else None
        if kind is None or offered is None:
            raise CannotAskError(f"a machine has no {shown(capability)}")
        made = f"{draft.name}_{name}"
        asked = self.filters.asked(kind, filters, Scope(draft.name))
        if made in self.evaluator.nodes:
            raise CannotAskError(f"`{shown(made)}` is a node already")
        self._made.add(made)
        self.evaluator.nodes[made] = machine_draft(made, kind, asked, spot)
        return self.evaluator.nodes[made], offered

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
        declared: Requirement,
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
            is_own = relationship.name != declared.relationship
            say = self.report.error if is_own else self._say(declared)
            say(spot, "relationship", message, "use another relationship")
        if offer.sources and not any(source in draft.type.ancestry for source in offer.sources):
            message = (
                f"`{shown(target.name)}.{capability}` does not take a {shown(draft.type.name)}"
            )
            hint = "it takes " + ", ".join(shown(source) for source in offer.sources[:4])
            # `source-type`: no tool of the field holds its own libraries to it.
            ours = self.types.find("node_types", target.type.name)
            say = self.report.error if ours and ours.library == "deepcat" else self.report.hint
            say(spot, "requirement", message, hint)

    def _count(self, draft: Draft) -> None:
        for name, declared in draft.type.requirements.items():
            count = sum(link.requirement == name for link in draft.links)
            tried = any(key == name for key, _, _ in assignments(draft))
            if declared.most is not None and count > declared.most:
                message = f"`{shown(draft.name)}` may have {declared.most} `{name}`, not {count}"
                self.report.error(
                    draft.spot / "requirements", "occurrences", message, "remove some"
                )
            elif count < declared.least and not tried and (draft.name, name) not in self.exported:
                if count == 0 and declared.least == 1 and self._left_out(draft, name, declared):
                    continue
                message = f"`{shown(draft.name)}` needs the requirement `{shown(name)}`"
                hint = f"require a `{shown(declared.node or declared.capability)}`"
                self._say(declared)(draft.spot, "requirement", message, hint)

    def _left_out(self, draft: Draft, name: str, declared: Requirement) -> bool:
        """Whether a requirement that nobody wrote down is met, because one node alone can be meant.

        So says TOSCA: what a template leaves open is found among its nodes, else among what the
        orchestrator has, which is machines.
        """
        if not declared.is_strict:
            return False
        filters = [] if declared.filter is None else [declared.filter]
        wanted = declared.node, declared.capability
        found = [f for f in self._fitting(draft, *wanted, filters) if f[0].inner is None]
        hosts = self.types.is_a("relationship_types", declared.relationship, _HOSTED)
        if not found and hosts:
            try:
                found = [self._machine(draft, name, *wanted, declared, filters, draft.spot)]
            except CannotAskError:
                return False
        if len(found) != 1:
            return False
        message = f"`{shown(draft.name)}` leaves the requirement `{shown(name)}` out"
        hint = f"it gets the only node that fits: `{shown(found[0][0].name)}`"
        self.report.hint(draft.spot, "requirement", message, hint)
        self._tie(draft, name, declared, {}, draft.spot, *found[0])
        return True


def assignments(draft: Draft) -> Iterator[tuple[str, Any, Spot]]:
    """A node template's requirements: name, value and place."""
    for index, item in enumerate(listed(draft.data.get("requirements"))):
        for name, value in mapping(item).items():
            yield name, value, draft.spot / "requirements" / index / name
