"""Nodes found by name or keyword; their properties, attributes and artifacts by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deepcat.catalog.reading.document import Document
from deepcat.tosca.evaluating.drafts import Draft, Link, Scope
from deepcat.tosca.evaluating.typed_values import Checker
from deepcat.tosca.reading.definitions import Schema, mapping
from deepcat.tosca.reading.registry import Types
from deepcat.tosca.reading.report import Report, Spot, nearest, shown


class Lookup:
    """Finds nodes and works their properties out, each once.

    Args:
        types: all types.
        report: where findings go.
        call: evaluates a value that is a function; see `typed_values.Checker`.
    """

    def __init__(
        self, types: Types, report: Report, call: Callable[[Any, Spot, Scope], Any]
    ) -> None:
        self.types = types
        self.report = report
        self.nodes: dict[str, Draft] = {}
        self.relationships: tuple[Mapping[str, Any], Spot] = ({}, Spot(Document("", None, "")))
        self.checker = Checker(types, report, call)
        self._known: dict[tuple[str, str, str], Any] = {}
        self._busy: list[tuple[str, str, str]] = []

    def _error(self, spot: Spot, message: str, hint: str = "") -> None:
        self.report.error(spot, "function", message, hint)

    def property(self, node: str, capability: str, name: str) -> Any:
        """A node's property, or that of one of its capabilities, worked out once."""
        key = (node, capability, name)
        if key in self._known:
            return self._known[key]
        draft = self.nodes[node]
        given, spot = self.given(draft, capability)
        if key in self._busy:
            ring = " -> ".join(".".join(filter(None, part)) for part in [*self._busy, key][-6:])
            where = spot / name
            self.report.error(where, "function-cycle", f"a value needs itself: {shown(ring)}")
            return None
        schemas = self.schemas(draft, capability)
        if name not in schemas:
            return None
        self._busy.append(key)
        try:
            owner = f"{draft.name}.{capability}" if capability else draft.name
            lenient = (
                Schema(**_relaxed(schemas[name])) if capability and not given else schemas[name]
            )
            value = self.checker.part(name, given, lenient, spot, Scope(node), owner)
        finally:
            self._busy.pop()
        self._known[key] = value
        return value

    def given(self, draft: Draft, capability: str) -> tuple[Mapping[str, Any], Spot]:
        """What a template gives as properties of a node, or of one of its capabilities."""
        if not capability:
            return mapping(draft.data.get("properties")), draft.spot / "properties"
        return draft.capabilities.get(capability, ({}, draft.spot / "capabilities" / capability))

    def schemas(self, draft: Draft, capability: str) -> Mapping[str, Schema]:
        """What properties a node, or one of its capabilities, has."""
        if not capability:
            return draft.type.properties
        offered = draft.type.capabilities.get(capability)
        return offered.properties if offered else {}

    # Relationships

    def relation(self, name: Any, scope: Scope) -> Link | None:
        """The relationship that a function names, by its template's name or by SELF; or None."""
        if name == "SELF":
            return scope.link
        templates, spot = self.relationships
        if not isinstance(name, str) or name in self.nodes or name not in templates:
            return None
        where = spot / name
        links = (link for draft in self.nodes.values() for link in draft.links)
        used = next((link for link in links if link.spot == where), None)
        if used is not None:
            return used
        given = mapping(templates[name])
        kind = self.types.entity("relationship_types", str(given.get("type")))
        return Link("", "", "", kind, given, where)

    def relation_of(self, draft: Draft, path: list[Any]) -> Link | None:
        """The relationship of a requirement that a path names, where it alone has what is asked."""
        if len(path) < 2 or not isinstance(path[0], str) or not isinstance(path[1], str):
            return None
        kind, link = draft.type, draft.link(path[0])
        if link is None or path[0] in kind.properties or path[0] in kind.capabilities:
            return None
        target = self.nodes[link.target]
        theirs = (self.schemas(target, link.capability), target.type.properties)
        if path[1] in target.type.capabilities or any(path[1] in names for names in theirs):
            return None
        return link if link.relationship and path[1] in link.relationship.properties else None

    def relation_property(self, link: Link, name: Any, spot: Spot, what: str) -> Any:
        """A relationship's property, worked out; None after reporting that there is none."""
        kind = link.relationship
        if kind is None:
            return None
        if not isinstance(name, str) or name not in kind.properties:
            message = f"`{shown(kind.name)}` has no {what} `{shown(name)}`"
            if what == "attribute" and name in kind.attributes:
                message = f"nobody tells the attribute `{shown(name)}` of a relationship"
            self.report.error(spot, f"unknown-{what}", message, nearest(name, kind.properties))
            return None
        source = next((d.name for d in self.nodes.values() if any(x is link for x in d.links)), "")
        scope = Scope("", source, link.target, link)
        given = mapping(link.given.get("properties"))
        where = link.spot / "properties"
        return self.checker.part(name, given, kind.properties[name], where, scope, kind.name)

    # Names

    def _node(self, name: Any, wanted: Any, spot: Spot, scope: Scope) -> Draft | None:
        if name == "HOST":
            return self._host(wanted, spot, scope)
        keywords = {"SELF": scope.node, "SOURCE": scope.source, "TARGET": scope.target}
        found = keywords.get(name, name) if isinstance(name, str) else ""
        if found and found in self.nodes:
            return self.nodes[found]
        if isinstance(name, str) and name in keywords:
            self._error(spot, f"{name} means nothing here", "name the node")
        else:
            message = f"there is no node `{shown(name)}`"
            self.report.error(spot, "unknown-node", message, nearest(name, self.nodes))
        return None

    def _host(self, wanted: Any, spot: Spot, scope: Scope) -> Draft | None:
        """The nearest node below that has what is wanted (tosca-parser looks one level down)."""
        draft = self.nodes.get(scope.node or scope.source)
        seen: set[str] = set()
        while draft is not None and (name := draft.host()) and name not in seen:
            seen.add(name)
            draft = self.nodes.get(name)
            if draft and isinstance(wanted, str) and self._has(draft, wanted):
                return draft
        self._error(spot, f"no host here has `{shown(wanted)}`", "name the node, or give a host")
        return None

    @staticmethod
    def _has(draft: Draft, name: str) -> bool:
        kind = draft.type
        return any(name in part for part in (kind.properties, kind.attributes, kind.capabilities))

    def _owner(self, draft: Draft, path: list[Any]) -> tuple[Draft, str, list[Any]]:
        """The node, the capability (or empty) and what is left, for `[REQ or CAP,] NAME, …`."""
        first = path[0]
        kind = draft.type
        if not isinstance(first, str) or first in kind.properties or first in kind.attributes:
            return draft, "", path
        if first in kind.capabilities and len(path) > 1:
            return draft, first, path[1:]
        link = draft.link(first)
        if link is None or len(path) < 2:
            return draft, "", path
        target = self.nodes[link.target]
        rest = path[1:]
        capability = link.capability
        known = (self.schemas(target, capability), self._attributes(target, capability))
        if any(rest[0] in names for names in known):
            return target, link.capability, rest
        if rest[0] in target.type.capabilities and len(rest) > 1:
            return target, rest[0], rest[1:]
        return target, "", rest

    def _lacks(self, draft: Draft, what: str, name: Any, spot: Spot, capability: str) -> None:
        owner = f"{draft.name}.{capability}" if capability else draft.name
        known = [*self.schemas(draft, capability)]
        if what == "attribute":
            known += self._attributes(draft, capability)
        message = f"`{shown(owner)}` has no {what} `{shown(name)}`"
        self.report.error(spot, f"unknown-{what}", message, nearest(name, known))

    def _attributes(self, draft: Draft, capability: str) -> Mapping[str, Schema]:
        if not capability:
            return draft.type.attributes
        offered = draft.type.capabilities.get(capability)
        return offered.attributes if offered else {}

    @staticmethod
    def artifacts(draft: Draft) -> dict[str, tuple[Any, Spot]]:
        """A node's artifacts as written, its type's first; what a node leaves out is its type's."""
        found, spot = dict(draft.type.artifacts), draft.spot / "artifacts"
        for name, raw in mapping(draft.data.get("artifacts")).items():
            declared = found.get(name, (None, spot))[0]
            both = isinstance(raw, dict) and isinstance(declared, dict)
            found[name] = ({**declared, **raw} if both else raw, spot / name)
        return found


def _relaxed(schema: Schema) -> dict[str, Any]:
    """A capability that a template does not mention may lack what it would need."""
    return {
        "type": schema.type,
        "required": False,
        "default": schema.default,
        "constraints": schema.constraints,
        "entry": schema.entry,
        "spot": schema.spot,
    }
