"""Substitution mappings: a node stands for a whole topology of an imported template. Pure.

The node itself stays as a draft, so that functions can ask for its properties; what stands for it
is drafted beside it under the names `NODE_INNER`. Its requirements and capabilities lead to the
inner nodes that the mappings name; an attribute of it is the inner output, or the inner attribute,
of that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deepcat.catalog.reading.document import Document
from deepcat.tosca.evaluating.drafts import Draft, Inner, Link, Scope
from deepcat.tosca.evaluating.functions import Evaluator
from deepcat.tosca.evaluating.mappings import Mappings, read_mappings
from deepcat.tosca.evaluating.node_filters import Filters
from deepcat.tosca.evaluating.nodes import Builder
from deepcat.tosca.reading.definitions import listed, mapping
from deepcat.tosca.reading.report import Report, Spot, TooManyError, nearest, shown
from deepcat.tosca.topology import Deferred

MAX_DEPTH = 8
DIRECTIVES: Final = frozenset(("substitute", "substitutable"))
_NAMING: Final = frozenset(
    ("get_property", "get_attribute", "get_operation_output", "get_artifact")
)


@dataclass(slots=True)
class Substitution:
    """Puts topologies in the place of nodes.

    Attributes:
        documents: imported templates that bring a topology.
        builder: drafts the inner nodes.
        most: how many nodes there may be in all.
    """

    documents: list[Document]
    builder: Builder
    most: int
    _by_type: dict[str, list[tuple[Document, Mappings]]] = field(default_factory=dict)

    @property
    def report(self) -> Report:
        """Where findings go."""
        return self.builder.report

    def run(self) -> None:
        """Substitute every node that asks for it, or whose type a nested template declares."""
        for document in self.documents:
            found = read_mappings(document, self.report)
            self._by_type.setdefault(found.node_type, []).append((document, found))
        for draft in list(self.builder.evaluator.nodes.values()):
            self._one(draft, ())

    def own(self, document: Document) -> frozenset[tuple[str, str]]:
        """Judge the mappings of the template itself, which may stand for a node elsewhere.

        Returns:
            its nodes with requirements that it leaves to whoever uses it.
        """
        if not mapping(_topology(document).get("substitution_mappings")):
            return frozenset()
        found = read_mappings(document, self.report)
        spot = Spot(document) / "topology_template" / "substitution_mappings"
        types, nodes = self.builder.types, self.builder.evaluator.nodes
        if found.node_type and types.find("node_types", found.node_type) is None:
            types.lacking("node_types", found.node_type, spot / "node_type")
        for section, store in (
            ("capabilities", found.capabilities),
            ("requirements", found.requirements),
        ):
            for name, (node, part) in store.items():
                if node in nodes and part not in getattr(nodes[node].type, section):
                    message = f"`{shown(node)}` has no `{shown(part)}` among its {section}"
                    hint = nearest(part, getattr(nodes[node].type, section))
                    self.report.error(spot / section / name, "substitution", message, hint)
        return frozenset(found.requirements.values())

    def _one(self, draft: Draft, inside: tuple[str, ...]) -> None:
        """Substitute a node, and those that stand for it.

        Args:
            draft: the node.
            inside: the templates that it is within; none stands for a node of its own, save where
                that is asked for.
        """
        asked = any(
            item in DIRECTIVES
            for item in listed(draft.data.get("directives"))
            if isinstance(item, str)
        )
        candidates = self._by_type.get(draft.type.name, [])
        fitting = [item for item in candidates if asked or item[0].path not in inside]
        chosen = next((item for item in fitting if self._stands_for(item[1], draft)), None)
        if chosen is None:
            if asked:
                message = f"no imported template stands for a `{shown(draft.type.name)}`"
                hint = "import one whose `substitution_mappings` name this type"
                if candidates:
                    message += " of these properties"
                self.report.error(draft.spot, "substitution", message, hint)
            return
        if len(inside) >= MAX_DEPTH:
            message = "templates stand for each other too deeply"
            self.report.error(draft.spot, "substitution", message, "remove one of the mappings")
            return
        for inner in self._expand(draft, *chosen):
            self._one(inner, (*inside, chosen[0].path))

    def _stands_for(self, mappings: Mappings, draft: Draft) -> bool:
        """Whether a node has the values, and passes the filter, of a template's mappings."""
        evaluator = self.builder.evaluator
        for name, wanted in mappings.constants.items():
            value = evaluator.property(draft.name, "", name)
            if value is not None and not isinstance(value, Deferred) and value != wanted:
                return False
        scope = Scope(draft.name)
        return mappings.filter is None or Filters(evaluator).passes(draft, *mappings.filter, scope)

    def _expand(self, draft: Draft, document: Document, mappings: Mappings) -> list[Draft]:
        topology = _topology(document)
        spot = Spot(document) / "topology_template"
        templates = mapping(topology.get("node_templates"))
        nodes = self.builder.evaluator.nodes
        if len(nodes) + len(templates) > self.most:
            message = f"more than {self.most:,} nodes after substitution"
            self.report.error(draft.spot, "size", message, "nest less")
            raise TooManyError
        names = {name: f"{draft.name}_{name}" for name in templates}
        rewrite = _Rewriting(names, self._inputs(draft, topology, mappings, spot))
        drafts = []
        for name, written in templates.items():
            data = _given(written, name, mappings, draft)
            if names[name] in nodes:
                message = f"`{shown(names[name])}` stands for an inner node and is a node too"
                self.report.error(draft.spot, "substitution", message, "rename the node")
                continue
            where = spot / "node_templates" / name
            inner = self.builder.draft(names[name], rewrite.template(data), where)
            if inner is not None:
                nodes[names[name]] = inner
                drafts.append(inner)
        draft.inner = _mapped(topology, mappings, names, rewrite, spot)
        return drafts

    def _inputs(
        self, draft: Draft, topology: Mapping[str, Any], mappings: Mappings, spot: Spot
    ) -> dict[str, Any]:
        """What stands for each inner input: a property of the node, or the input's default."""
        source = {name: name for name in draft.type.properties} | mappings.inputs
        inputs: dict[str, Any] = {}
        for name, data in mapping(topology.get("inputs")).items():
            if source.get(name) in draft.type.properties:
                inputs[name] = {"get_property": [draft.name, source[name]]}
            elif mapping(data).get("default") is not None:
                # Used elsewhere, the default has no place to ask what was written for a number.
                written = (spot / "inputs" / name / "default").written
                is_text = data.get("type") in ("string", "version") and written is not None
                inputs[name] = written if is_text else data["default"]
            elif mapping(data).get("required", True) is True:
                message = f"nothing gives the inner input `{shown(name)}`"
                hint = f"give `{shown(draft.type.name)}` a property of that name, or a default"
                self.report.error(spot / "inputs" / name, "missing-input", message, hint)
        return inputs


def _given(written: Any, name: str, mappings: Mappings, draft: Draft) -> Any:
    """An inner node with the properties that its node's own are mapped to."""
    given = {
        part: {"get_property": [draft.name, outer]}
        for outer, (node, part) in mappings.properties.items()
        if node == name and outer in draft.type.properties
    }
    if not given or not isinstance(written, dict):
        return written
    return {**written, "properties": {**mapping(written.get("properties")), **given}}


def _mapped(
    topology: Mapping[str, Any],
    mappings: Mappings,
    names: Mapping[str, str],
    rewrite: _Rewriting,
    spot: Spot,
) -> Inner:
    inner = Inner(tuple(names.values()))
    for store, written in (
        (inner.capabilities, mappings.capabilities),
        (inner.requirements, mappings.requirements),
        (inner.attributes, mappings.attributes),
    ):
        store |= {name: (names[node], part) for name, (node, part) in written.items()}
    for name, data in mapping(topology.get("outputs")).items():
        if "value" in mapping(data):
            value = rewrite.value(data["value"])
            inner.outputs[name] = (value, spot / "outputs" / name / "value")
    for name, output in mappings.outputs.items():
        if output in inner.outputs:
            inner.outputs[name] = inner.outputs[output]
    return inner


@dataclass(slots=True)
class _Rewriting:
    """Lets an inner template speak of the outer one: names and inputs."""

    names: Mapping[str, str]
    inputs: Mapping[str, Any]

    def template(self, data: Any) -> Any:
        """A node template with its requirements' targets renamed, its functions rewritten."""
        if not isinstance(data, dict):
            return data
        written = {key: self.value(value) for key, value in data.items()}
        if isinstance(data.get("requirements"), list):
            written["requirements"] = [
                {name: self._requirement(value) for name, value in mapping(item).items()}
                for item in data["requirements"]
            ]
        return written

    def _requirement(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.names.get(value, value)
        written = self.value(value)
        if isinstance(written, dict) and isinstance(written.get("node"), str):
            written["node"] = self.names.get(written["node"], written["node"])
        return written

    def value(self, value: Any) -> Any:
        """A value with its functions rewritten, of the same shape otherwise."""
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "get_input":
                return self._input(argument)
            if name in _NAMING and isinstance(argument, list) and argument:
                first = argument[0]
                named = self.names.get(first, first) if isinstance(first, str) else first
                return {name: [named, *argument[1:]]}
        return {key: self.value(item) for key, item in value.items()}

    def _input(self, argument: Any) -> Any:
        name, *path = argument if isinstance(argument, list) and argument else [argument]
        found = self.inputs.get(name) if isinstance(name, str) else None
        if isinstance(found, dict) and "get_property" in found:
            return {"get_property": [*found["get_property"], *path]}
        return found


def redirect(evaluator: Evaluator, report: Report) -> None:
    """Let links that leave or reach a substituted node leave and reach its inner nodes."""
    for draft in list(evaluator.nodes.values()):
        if draft.inner is None:
            draft.links = [
                other for link in draft.links for other in _reaching(link, evaluator, draft, report)
            ]
    for draft in list(evaluator.nodes.values()):
        while draft.inner is not None and draft.links:
            link = draft.links.pop(0)
            mapped = draft.inner.requirements.get(link.requirement)
            if mapped is not None and mapped[0] in evaluator.nodes:
                link.requirement = mapped[1]
                inner = evaluator.nodes[mapped[0]]
                inner.links += _reaching(link, evaluator, inner, report)
            else:
                message = f"`{shown(link.requirement)}` is mapped to no inner node"
                report.error(link.spot, "substitution", message, "add it to the mappings")


def _reaching(link: Link, evaluator: Evaluator, source: Draft, report: Report) -> list[Link]:
    target = evaluator.nodes[link.target]
    hops = 0
    while target.inner is not None and hops < MAX_DEPTH:
        hops += 1
        mapped = target.inner.capabilities.get(link.capability)
        if mapped is None and link.capability == "feature":
            # Whoever waits for the whole waits for each part.
            return [
                Link(link.requirement, name, "feature", link.relationship, link.given, link.spot)
                for name in target.inner.nodes
                if name in evaluator.nodes and evaluator.nodes[name].inner is None
            ]
        if mapped is None or mapped[0] not in evaluator.nodes:
            message = f"`{shown(target.name)}.{link.capability}` is mapped to no inner node"
            report.error(source.spot, "substitution", message, "add it to the mappings")
            return []
        link.target, link.capability = mapped
        target = evaluator.nodes[link.target]
    if link.capability not in target.type.capabilities:
        message = f"`{shown(target.name)}` has no capability `{shown(link.capability)}`"
        report.error(source.spot, "substitution", message, "mend the mappings")
        return []
    return [link]


def _topology(document: Document) -> Mapping[str, Any]:
    return mapping(document.data.get("topology_template"))
