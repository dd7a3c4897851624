"""A module's topology: its picture, and each node explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from markupsafe import Markup

from deepcat.catalog.findings import Finding
from deepcat.catalog.tree import Tree
from deepcat_site.views.read import line, mapping


@dataclass(frozen=True, slots=True)
class NodeView:
    """One node: what it is, what it needs, what is set."""

    name: str
    type: str
    about: str
    needs: tuple[tuple[str, str], ...]
    properties: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TopologyView:
    """A topology's picture and its nodes, what is required last."""

    svg: Markup
    path: str
    nodes: tuple[NodeView, ...]
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...]


def topology_view(
    tree: Tree, path: str, title: str
) -> tuple[TopologyView | None, tuple[Finding, ...]]:
    """Read a template and draw it; None, with the findings, where it cannot be read."""
    from deepcat.tosca.draw import short_type, spoken, svg
    from deepcat.tosca.load import load_topology

    topology, findings = load_topology(tree, path, None)
    if topology is None:
        return None, findings
    needs: dict[str, list[tuple[str, str]]] = {}
    for edge in topology.edges:
        needs.setdefault(edge.source, []).append((line(edge.name, 60), line(edge.target, 80)))
    nodes = [
        NodeView(
            line(node.name, 80),
            line(short_type(node.type), 80),
            next((about for kind in node.ancestry if (about := _about().get(kind))), ""),
            tuple(needs.get(node.name, ())),
            _rows(node.properties, spoken) + _rows(mapping(node.capabilities.get("host")), spoken),
        )
        for node in reversed(list(topology.nodes.values()))
    ]
    view = TopologyView(
        Markup(svg(topology, title)),  # noqa: S704 - escaped by its maker
        path,
        tuple(nodes),
        _rows(topology.inputs, spoken),
        _rows(topology.outputs, spoken),
    )
    return view, findings


def _rows(values: Mapping[str, Any], spoken: Any) -> tuple[tuple[str, str], ...]:
    rows = [(line(key, 60), line(spoken(value), 200)) for key, value in values.items()]
    return tuple((key, text) for key, text in rows if text not in ("{}", "[]", "(none)", '""'))


@cache
def _about() -> dict[str, str]:
    """Type's name -> what the library says of it, one line."""
    from deepcat.tosca.library import BY_NAME, library

    return {
        kind: line(definition.get("description"))
        for name in dict.fromkeys(BY_NAME.values())
        for kind, definition in library(name)["node_types"].items()
        if isinstance(definition, Mapping) and definition.get("description")
    }
