"""The normal form as JSON, and back. Pure.

A value that is known only later is ``{"$function": NAME, "arguments": [...]}``; a plain mapping
that has the key ``$function`` or ``$plain`` itself is wrapped as ``{"$plain": {...}}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from deepcat.tosca.topology import Deferred, Edge, Node, Operation, Policy, Topology
from deepcat.tosca.workload import Workload

FORMAT: Final = "deepcat-topology/v1"
_MARKED: Final = frozenset(("$function", "$plain"))


def to_json(topology: Topology) -> dict[str, Any]:
    """The topology as plain values that JSON holds without loss."""
    return {
        "format": FORMAT,
        "path": topology.path,
        "version": topology.version,
        "description": topology.description,
        "inputs": plain(topology.inputs),
        "nodes": {name: _node(node) for name, node in topology.nodes.items()},
        "edges": [_edge(edge) for edge in topology.edges],
        "outputs": plain(topology.outputs),
        "policies": [
            {
                "name": policy.name,
                "type": policy.type,
                "targets": list(policy.targets),
                "properties": plain(policy.properties),
            }
            for policy in topology.policies
        ],
    }


def workload_json(workload: Workload) -> dict[str, Any]:
    """A workload as plain values."""
    data = asdict(workload)
    data["environment"] = plain(workload.environment)
    return data


def plain(value: Any) -> Any:
    """A value with each `Deferred` in it written out."""
    if isinstance(value, Deferred):
        return {"$function": value.function, "arguments": [plain(item) for item in value.arguments]}
    if isinstance(value, Mapping):
        written = {str(key): plain(item) for key, item in value.items()}
        return {"$plain": written} if _MARKED & written.keys() else written
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def restored(value: Any) -> Any:
    """What `plain` wrote, as it was."""
    if isinstance(value, list):
        return [restored(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$function" in value:
        arguments = tuple(restored(item) for item in value["arguments"])
        return Deferred(value["$function"], arguments)
    inner = value.get("$plain", value)
    return {key: restored(item) for key, item in inner.items()}


def from_json(data: Mapping[str, Any]) -> Topology:
    """The topology that `to_json` wrote."""
    nodes = {name: _node_from(name, node) for name, node in data["nodes"].items()}
    return Topology(
        data["path"],
        data["version"],
        data["description"],
        restored(data["inputs"]),
        nodes,
        tuple(_edge_from(edge) for edge in data["edges"]),
        restored(data["outputs"]),
        tuple(
            Policy(
                policy["name"],
                policy["type"],
                tuple(policy["targets"]),
                restored(policy["properties"]),
            )
            for policy in data["policies"]
        ),
    )


def _node(node: Node) -> dict[str, Any]:
    return {
        "type": node.type,
        "ancestry": list(node.ancestry),
        "properties": plain(node.properties),
        "attributes": plain(node.attributes),
        "capabilities": plain(node.capabilities),
        "artifacts": plain(node.artifacts),
        "operations": [_operation(operation) for operation in node.operations],
        "directives": list(node.directives),
    }


def _node_from(name: str, data: Mapping[str, Any]) -> Node:
    return Node(
        name,
        data["type"],
        tuple(data["ancestry"]),
        restored(data["properties"]),
        restored(data["attributes"]),
        restored(data["capabilities"]),
        restored(data["artifacts"]),
        tuple(_operation_from(operation) for operation in data["operations"]),
        tuple(data["directives"]),
    )


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "name": operation.name,
        "interface": operation.interface,
        "implementation": operation.implementation,
        "inputs": plain(operation.inputs),
        "origin": operation.origin,
    }


def _operation_from(data: Mapping[str, Any]) -> Operation:
    return Operation(
        data["name"],
        data["interface"],
        data["implementation"],
        restored(data["inputs"]),
        data["origin"],
    )


def _edge(edge: Edge) -> dict[str, Any]:
    return {
        "source": edge.source,
        "name": edge.name,
        "target": edge.target,
        "capability": edge.capability,
        "relationship": edge.relationship,
        "properties": plain(edge.properties),
        "operations": [_operation(operation) for operation in edge.operations],
    }


def _edge_from(data: Mapping[str, Any]) -> Edge:
    return Edge(
        data["source"],
        data["name"],
        data["target"],
        data["capability"],
        data["relationship"],
        restored(data["properties"]),
        tuple(_operation_from(operation) for operation in data["operations"]),
    )
