"""What only the version that ran before knows to take away. Pure.

A module's own operations may make things that nobody else knows of: when another version takes
over, the operations of the old one take down what it made. They are left out where the new version
makes the very same thing again, or takes it away itself one day: they would take it from the new.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from deepcat.plan.digests import canonical_json
from deepcat.plan.lifecycle import DOWN, UP, Step, steps
from deepcat.tosca.topology import Topology

Content = Callable[[str], str]


def own_steps(topology: Topology, but: Collection[str] = ()) -> Iterator[Step]:
    """The operations that a module brings to take itself down, against dependency order.

    Args:
        topology: as it was applied.
        but: nodes that are left out.
    """
    for step in steps(topology, reversed(tuple(topology.nodes)), DOWN):
        if step.operation.origin == "module" and step.node.name not in but:
            yield step


def made_again(old: Topology, new: Topology, before: Content, after: Content) -> frozenset[str]:
    """The nodes of the old topology that the new one makes, or takes away, by the same operations.

    Args:
        old: as it was applied.
        new: as wished.
        before: what a file of the old version holds, as a hash; empty when it holds nothing.
        after: the same of the new version.
    """
    found: set[str] = set()
    for names in (UP, DOWN):
        there = set(_scripts(new, names, after).values())
        found |= {node for node, own in _scripts(old, names, before).items() if own in there}
    return frozenset(found)


def _scripts(topology: Topology, names: tuple[str, ...], content: Content) -> dict[str, str]:
    """Node -> its own operations of these names, with what they run and what they are given."""
    found: dict[str, list[Any]] = {}
    for step in steps(topology, topology.nodes, names):
        if step.operation.origin == "module":
            given = (step.operation.name, content(step.operation.implementation))
            found.setdefault(step.node.name, []).append([*given, step.operation.inputs])
    return {node: canonical_json(own) for node, own in found.items()}


def lines(topology: Topology, version: str, but: Collection[str] = ()) -> tuple[str, ...]:
    """What is done, for a person, one line a node."""
    names: dict[str, list[str]] = {}
    for step in own_steps(topology, but):
        names.setdefault(step.node.name, []).append(step.operation.name)
    of = f" of {version}" if version else ""
    return tuple(f"{node}: {', '.join(own)}{of}" for node, own in names.items())


def brings_operations(nodes: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a record says that the module brought operations of its own.

    Args:
        nodes: as `deepcat.plan.digests.applied_nodes` gives them.
    """
    return any(
        not str(operation.get("implementation", "")).startswith("role:")
        for node in nodes.values()
        for operation in node.get("operations", {}).values()
        if operation.get("implementation")
    )
