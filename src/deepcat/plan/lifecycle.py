"""TOSCA's Standard lifecycle: what brings a topology up, and what takes it down. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from deepcat.tosca.topology import Node, Operation, Topology

UP = ("create", "configure", "start")
DOWN = ("stop", "delete")
CHANGE = ("configure",)


def operations(node: Node, names: tuple[str, ...]) -> Iterator[Operation]:
    """The node's own operations of these names that do something, in the order of `names`."""
    own = {
        operation.name: operation
        for operation in node.operations
        if operation.interface == "Standard" and operation.implementation
    }
    return (own[name] for name in names if name in own)


def bring_up(topology: Topology) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Node -> its operations' names, in dependency order."""
    return _names(topology, tuple(topology.nodes), UP)


def take_down(topology: Topology) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Node -> its operations' names, against dependency order."""
    return _names(topology, tuple(reversed(tuple(topology.nodes))), DOWN)


def _names(
    topology: Topology, order: tuple[str, ...], names: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in order:
        found = tuple(operation.name for operation in operations(topology.nodes[name], names))
        if found:
            yield name, found
