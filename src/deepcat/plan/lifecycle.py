"""TOSCA's lifecycle: what brings a topology up, and what takes it down. Pure.

Standard operations of nodes, and between them Configure operations of the relationships by which a
node requires others: those that end in `_target` belong to the host of the node that is required.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deepcat.tosca.topology import Edge, Node, Operation, Topology

UP = (
    "create",
    "pre_configure_source",
    "pre_configure_target",
    "configure",
    "post_configure_source",
    "post_configure_target",
    "start",
    "add_target",
    "add_source",
    "target_changed",
)
DOWN = ("remove_target", "remove_source", "stop", "delete")
CHANGE = ("configure",)
# Relationship operations that are carried out where the target lives; TOSCA names the others by the
# node that is told: `add_target` tells the source of its new target.
_AT_TARGET = ("pre_configure_target", "post_configure_target", "add_source", "remove_source")
_NODES, _EDGES = "Standard", "Configure"


@dataclass(frozen=True, slots=True)
class Step:
    """One operation in its place.

    Attributes:
        node: whose step it is.
        operation: what is done.
        at: the node on whose host it is done.
        edge: the relationship that it belongs to; None for a node's own.
    """

    node: Node
    operation: Operation
    at: str
    edge: Edge | None = None


def steps(topology: Topology, order: Iterable[str], names: tuple[str, ...]) -> Iterator[Step]:
    """The operations of these names that do something, node by node, in the order of `names`."""
    edges: dict[str, list[Edge]] = {}
    for edge in topology.edges:
        if edge.operations:
            edges.setdefault(edge.source, []).append(edge)
    for node_name in order:
        node = topology.nodes[node_name]
        own = _by_name(node.operations, _NODES)
        between = [(edge, _by_name(edge.operations, _EDGES)) for edge in edges.get(node_name, ())]
        for name in names:
            if name in own:
                yield Step(node, own[name], node_name)
            for edge, has in between:
                if name in has:
                    at = edge.target if name in _AT_TARGET else edge.source
                    yield Step(node, has[name], at, edge)


def bring_up(topology: Topology) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Node -> its operations' names, in dependency order."""
    return _names(steps(topology, topology.nodes, UP))


def _by_name(operations: Iterable[Operation], interface: str) -> dict[str, Operation]:
    return {o.name: o for o in operations if o.interface == interface and o.implementation}


def _names(found: Iterable[Step]) -> Iterator[tuple[str, tuple[str, ...]]]:
    by_node: dict[str, list[str]] = {}
    for step in found:
        by_node.setdefault(step.node.name, []).append(step.operation.name)
    return ((name, tuple(names)) for name, names in by_node.items())
