"""A server that was there before deepcat: taken into the records, not brought up by a run. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deepcat.plan.values import State
from deepcat.tosca.topology import Node, Topology

# Among a deployment's resources: the address at which it was found.
_KEY = "adopted"
_MODEL = "deepcat.nodes.Model"
_SERVER = "deepcat.nodes.ModelServer"
_COMPUTE = "tosca.nodes.Compute"


def resources(address: str, models: Iterable[str]) -> dict[str, Any]:
    """What a record says of a server that was found at an address."""
    return {_KEY: address, "models": list(models)}


def address_of(state: State) -> str:
    """Where it was found; empty for what a run brought up."""
    return str(state.resources.get(_KEY) or "")


def note(state: State) -> str:
    """That deepcat does not end it, for a person; empty for what a run brought up."""
    where = address_of(state)
    if not where:
        return ""
    return (
        f"what was adopted at {where} is not deepcat's to end: it goes on until its owner ends it"
    )


def models(topology: Topology) -> tuple[str, ...]:
    """The names under which the topology's models answer."""
    nodes = topology.nodes.values()
    return tuple(str(n.properties.get("name") or n.name) for n in nodes if _is(n, _MODEL))


def more_than_a_server(topology: Topology) -> str:
    """The first node that a server at an address cannot stand for; empty when there is none."""
    known = (_MODEL, _SERVER, _COMPUTE)
    for node in topology.nodes.values():
        if node.is_off:
            continue
        own = any(operation.origin == "module" for operation in node.operations)
        if own or not any(_is(node, kind) for kind in known):
            return node.name
    return ""


def _is(node: Node, kind: str) -> bool:
    return kind in (node.type, *node.ancestry)
