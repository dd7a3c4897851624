"""Drafts become nodes and edges: properties, capabilities and artifacts, worked out. Pure."""

from __future__ import annotations

from typing import Any, Final

from deepcat.tosca.evaluating.drafts import Draft, Link, Scope
from deepcat.tosca.evaluating.functions import Evaluator
from deepcat.tosca.evaluating.operations import Operations
from deepcat.tosca.reading import galaxy
from deepcat.tosca.reading.definitions import (
    listed,
    mapping,
)
from deepcat.tosca.reading.files import Files
from deepcat.tosca.reading.report import Spot, nearest, shown, words
from deepcat.tosca.topology import Edge, Node

_KEYS: Final = words(
    "type description metadata directives properties attributes requirements capabilities "
    "interfaces artifacts node_filter copy"
)
_DIRECTIVES: Final = words("create select selectable substitute substitutable")


class Builder:
    """Makes nodes and edges of drafts.

    Args:
        evaluator: works values out.
        files: what artifacts and implementations may name.
    """

    def __init__(self, evaluator: Evaluator, files: Files) -> None:
        self.evaluator = evaluator
        self.types = evaluator.types
        self.report = evaluator.report
        self.operations = Operations(evaluator, files)

    def draft(self, name: str, data: Any, spot: Spot) -> Draft | None:
        """A node template as a draft; None after reporting why it is none."""
        if not isinstance(data, dict):
            message = f"the node `{shown(name)}` has no definition"
            self.report.error(spot, "definition", message, "give it a `type`")
            return None
        type_name = data.get("type")
        entity = self.types.entity("node_types", type_name) if isinstance(type_name, str) else None
        if entity is None:
            if type_name is None:
                message = f"the node `{shown(name)}` has no type"
                self.report.error(spot, "definition", message, "give it a `type`")
            else:
                self.types.lacking("node_types", type_name, spot / "type")
            return None
        draft = Draft(name, data, spot, entity)
        self._keys(draft)
        self._directives(draft)
        self._capabilities(draft)
        return draft

    def _keys(self, draft: Draft) -> None:
        for key, value in draft.data.items():
            if key in _KEYS:
                continue
            if key in draft.type.capabilities and isinstance(value, dict):
                # `capability-outside`: seen in templates of the field; what is meant is plain.
                message = f"the capability `{shown(key)}` stands outside `capabilities`"
                self.report.hint(draft.spot / key, "misplaced", message, "move it below")
            else:
                message = f"a node has no `{shown(key)}`"
                hint = nearest(key, [*_KEYS, *draft.type.capabilities])
                self.report.error(draft.spot / key, "unknown-key", message, hint)

    def _directives(self, draft: Draft) -> None:
        for index, word in enumerate(listed(draft.data.get("directives"))):
            if not isinstance(word, str) or word not in _DIRECTIVES:
                message = f"the directive `{shown(word)}` is not carried out"
                hint = nearest(word, _DIRECTIVES)
                self.report.error(draft.spot / "directives" / index, "directive", message, hint)

    def _capabilities(self, draft: Draft) -> None:
        section, spot = mapping(draft.data.get("capabilities")), draft.spot / "capabilities"
        outside = {
            name: (draft.data[name], draft.spot / name)
            for name in draft.type.capabilities
            if name not in _KEYS and isinstance(draft.data.get(name), dict)
        }
        inside_ = {name: (value, spot / name) for name, value in section.items()}
        for name, (value, where) in {**outside, **inside_}.items():
            if name not in draft.type.capabilities:
                message = f"`{shown(draft.type.name)}` has no capability `{shown(name)}`"
                hint = nearest(name, draft.type.capabilities)
                self.report.error(where, "unknown-capability", message, hint)
                continue
            draft.capabilities[name] = (
                mapping(mapping(value).get("properties")),
                where / "properties",
            )

    # Nodes

    def node(self, draft: Draft) -> Node:
        """The node with everything worked out."""
        kind = draft.type
        scope = Scope(draft.name)
        checker = self.evaluator.checker
        given, spot = mapping(draft.data.get("properties")), draft.spot / "properties"
        checker.unknown(given, kind.properties, spot, kind.name)
        return Node(
            draft.name,
            kind.name,
            kind.ancestry,
            self._properties(draft, ""),
            self._attributes(draft),
            {name: self._offer(draft, name) for name in kind.capabilities},
            self._artifacts(draft),
            self.operations.of(kind, draft.data, draft.spot, scope, Evaluator.artifacts(draft)),
            tuple(str(item) for item in listed(draft.data.get("directives"))),
        )

    def _properties(self, draft: Draft, capability: str) -> dict[str, Any]:
        known = self.evaluator.schemas(draft, capability)
        values = {
            name: value
            for name in known
            if (value := self.evaluator.property(draft.name, capability, name)) is not None
        }
        given, spot = self.evaluator.given(draft, capability)
        for name, raw in given.items():
            if name not in known and raw is not None:
                value = self.evaluator.value(raw, None, spot / name, Scope(draft.name))
                values[name] = value
        return values

    def _offer(self, draft: Draft, name: str) -> dict[str, Any]:
        given, spot = draft.capabilities.get(name, ({}, draft.spot))
        offered = draft.type.capabilities[name]
        self.evaluator.checker.unknown(given, offered.properties, spot, offered.type)
        values = self._properties(draft, name)
        bounds = [values.get(f"{part}_instances") for part in ("min", "default", "max")]
        known = [bound for bound in bounds if type(bound) is int]
        if known != sorted(known):
            message = f"`{shown(draft.name)}.{name}` starts outside its bounds, or they cross"
            hint = "give min_instances <= default_instances <= max_instances"
            self.report.error(spot, "scalable", message, hint)
        return values

    def _attributes(self, draft: Draft) -> dict[str, Any]:
        given, spot = mapping(draft.data.get("attributes")), draft.spot / "attributes"
        scope = Scope(draft.name)
        for name in given:
            if name not in draft.type.attributes:
                message = f"`{shown(draft.type.name)}` has no attribute `{shown(name)}`"
                hint = nearest(name, draft.type.attributes)
                self.report.error(spot / name, "unknown-attribute", message, hint)
        return {
            name: self.evaluator.value(given[name], schema, spot / name, scope)
            for name, schema in draft.type.attributes.items()
            if given.get(name) is not None
        }

    # Artifacts

    def _artifacts(self, draft: Draft) -> dict[str, dict[str, Any]]:
        result: dict[str, dict[str, Any]] = {}
        for name, (raw, spot) in Evaluator.artifacts(draft).items():
            self.report.name(spot, "artifact", name)
            data = {"file": raw} if isinstance(raw, str) else mapping(raw)
            kind = data.get("type")
            if kind is not None and (
                not isinstance(kind, str) or not self.types.find("artifact_types", kind)
            ):
                self.types.lacking("artifact_types", kind, spot / "type")
            if data.get("file") is None:
                message = f"the artifact `{shown(name)}` has no file"
                self.report.error(spot, "artifact", message, "give it a `file`")
                continue
            result[name] = {
                key: self.evaluator.value(value, None, spot / key, Scope(draft.name))
                for key, value in data.items()
                if key != "description"
            }
            file = result[name]["file"]
            if not isinstance(file, str) or not isinstance(kind, str):
                continue
            ancestry = [link for link, _ in self.types.chain("artifact_types", kind)]
            what = galaxy.kind_of(ancestry)
            if what and galaxy.parse(what, file):
                result[name][galaxy.KEY] = what
            elif not self.operations.is_elsewhere(data):
                result[name]["file"] = self.operations.file(file, spot / "file", "artifact") or file
        return result

    # Edges

    def edge(self, draft: Draft, link: Link) -> Edge:
        """The edge of a link, its relationship's properties worked out."""
        scope = Scope("", draft.name, link.target, link)
        kind = link.relationship
        if kind is None:
            return Edge(draft.name, link.requirement, link.target, link.capability, "")
        values = self.evaluator.checker.assign(
            mapping(link.given.get("properties")),
            kind.properties,
            link.spot / "properties",
            scope,
            kind.name,
        )
        operations = self.operations.of(kind, link.given, link.spot, scope, {})
        return Edge(
            draft.name,
            link.requirement,
            link.target,
            link.capability,
            kind.name,
            values,
            operations,
        )
