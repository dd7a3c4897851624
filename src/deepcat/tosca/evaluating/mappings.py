"""A template's `substitution_mappings`, in the grammars of 1.0 to 1.3 and of 2.0, as values. Pure.

| part | written as | means |
|---|---|---|
| `properties` | `NAME: [INPUT]`, `NAME: [NODE, NAME]` | the node's property is the inner one |
| | `NAME: VALUE` | the template stands only for nodes whose property is that value |
| `capabilities`, `requirements` | `NAME: [NODE, NAME]` | of an inner node; `[]` leaves it out |
| `attributes` | `NAME: [NODE, NAME]`, `NAME: [OUTPUT]` | of an inner node, or an inner output |
| `substitution_filter` | a node filter | the template stands only for nodes that pass it |

Each may be written `NAME: {mapping: …}`, too. `interfaces` lead to workflows, which are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deepcat.catalog.reading.document import Document
from deepcat.tosca.evaluating.node_filters import parts
from deepcat.tosca.reading.definitions import mapping
from deepcat.tosca.reading.report import Report, Spot, nearest, shown, words

_KEYS: Final = words(
    "node_type substitution_filter properties attributes capabilities requirements interfaces"
)


@dataclass(slots=True)
class Mappings:
    """What leads from a node to the topology that stands for it.

    Attributes:
        node_type: of the nodes that it may stand for.
        filter: a node filter that these must pass, and its place; None where there is none.
        inputs: inner input -> the node's property.
        properties: the node's property -> inner node and its property.
        constants: the node's property -> the value that it must have.
        capabilities: the node's capability -> inner node and its capability.
        requirements: the node's requirement -> inner node and its requirement.
        attributes: the node's attribute -> inner node and its attribute.
        outputs: the node's attribute -> inner output.
    """

    node_type: str = ""
    filter: tuple[Any, Spot] | None = None
    inputs: dict[str, str] = field(default_factory=dict)
    properties: dict[str, tuple[str, str]] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    capabilities: dict[str, tuple[str, str]] = field(default_factory=dict)
    requirements: dict[str, tuple[str, str]] = field(default_factory=dict)
    attributes: dict[str, tuple[str, str]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)


def read_mappings(document: Document, report: Report) -> Mappings:
    """The mappings of a template that has some; what is wrong in them is reported."""
    topology = mapping(document.data.get("topology_template"))
    section = mapping(topology.get("substitution_mappings"))
    spot = Spot(document) / "topology_template" / "substitution_mappings"
    for key in section:
        if key not in _KEYS:
            message = f"substitution mappings have no `{shown(key)}`"
            report.error(spot / key, "unknown-key", message, nearest(key, _KEYS))
    if mapping(section.get("interfaces")):
        message = "interfaces that are mapped to workflows are not carried out"
        hint = "remove them: operations of the inner nodes are carried out in their order"
        report.error(spot / "interfaces", "substitution", message, hint)
    found = Mappings(str(section.get("node_type") or ""))
    if not found.node_type:
        message = "substitution mappings name no `node_type`"
        report.error(spot, "substitution", message, "say what type of node this stands for")
    if section.get("substitution_filter") is not None:
        found.filter = section["substitution_filter"], spot / "substitution_filter"
    reader = _Reader(topology, report)
    reader.properties(section.get("properties"), spot / "properties", found)
    reader.attributes(section.get("attributes"), spot / "attributes", found)
    for part, store in (
        ("capabilities", found.capabilities),
        ("requirements", found.requirements),
    ):
        reader.nodes(section.get(part), spot / part, store)
    return found


@dataclass(slots=True)
class _Reader:
    """Reads the parts, each against what its topology has."""

    topology: Mapping[str, Any]
    report: Report

    def properties(self, section: Any, spot: Spot, found: Mappings) -> None:
        """Inputs by the properties that give them, and values that must be met."""
        inputs = mapping(self.topology.get("inputs"))
        for name, target, where in self._parts(section, spot):
            match target:
                case [str(inner)] if inner in inputs:
                    found.inputs[inner] = name
                case [str(node), str(part)] if node in mapping(self.topology.get("node_templates")):
                    found.properties[name] = (node, part)
                case [*_]:
                    self._astray(name, "input", where, "write `[INPUT]`")
                case dict():
                    self._astray(name, "input", where, "write `[INPUT]`, or a value")
                case _:
                    found.constants[name] = target

    def attributes(self, section: Any, spot: Spot, found: Mappings) -> None:
        """Attributes of inner nodes, and inner outputs."""
        outputs = mapping(self.topology.get("outputs"))
        for name, target, where in self._parts(section, spot):
            match target:
                case [str(output)] if output in outputs:
                    found.outputs[name] = output
                case _:
                    self._node(name, target, where, found.attributes)

    def nodes(self, section: Any, spot: Spot, store: dict[str, tuple[str, str]]) -> None:
        """Capabilities or requirements of inner nodes."""
        for name, target, where in self._parts(section, spot):
            self._node(name, target, where, store)

    def _node(self, name: str, target: Any, spot: Spot, store: dict[str, tuple[str, str]]) -> None:
        match target:
            case []:
                pass
            case [str(node), str(part)] if node in mapping(self.topology.get("node_templates")):
                store[name] = (node, part)
            case _:
                self._astray(name, "node", spot, "write `[NODE, NAME]`")

    def _parts(self, section: Any, spot: Spot) -> Iterator[tuple[str, Any, Spot]]:
        for name, target, where in parts(section, spot):
            if isinstance(target, dict) and list(target) == ["mapping"]:
                yield name, target["mapping"], where / "mapping"
            else:
                yield name, target, where

    def _astray(self, name: str, what: str, spot: Spot, hint: str) -> None:
        message = f"`{shown(name)}` is mapped to no inner {what}"
        self.report.error(spot, "substitution", message, hint)
