"""Workloads of deepcat's own types: model servers, gateways, notebooks, training jobs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from deepcat.tosca.topology import Node
from deepcat.tosca.workload import Mount, Port, Workload
from deepcat.tosca.workloads import shape as shapes
from deepcat.tosca.workloads.reading import Reading, environment_of, filled
from deepcat.tosca.workloads.shape import Scale, Shape, integer, text

_GATEWAY: Final = "deepcat.nodes.DEEPaaSGateway"
_TRAINING: Final = "deepcat.nodes.TrainingJob"
_PORTS: Final = {
    "deepcat.nodes.ModelServer": (("rest", "rest_port", 8501), ("grpc", "grpc_port", 8500)),
    _GATEWAY: (("deepaas", "port", 5000),),
    "deepcat.nodes.Notebook": (("notebook", "port", 8888),),
    _TRAINING: (),
}
_KINDS: Final = {
    "deepcat.nodes.ModelServer": "service",
    _GATEWAY: "service",
    "deepcat.nodes.Notebook": "notebook",
    _TRAINING: "job",
}


def own_type(reading: Reading, node: Node) -> Workload | None:
    """A node of one of deepcat's own types; None for what is none, or is a part of another."""
    kind = _first(node, _KINDS)
    if kind is None or node.is_off or _is_beside(reading, node):
        return None
    host = reading.machine_of(node.name)
    wanted = reading.take(host, shapes.shape(host) if host else Shape())
    models = reading.target(node.name, "model")
    scale = _replicas(node)
    environment, secrets = environment_of(node.properties)
    return filled(
        Workload(
            node.name,
            kind,
            image=text(node.properties.get("image")),
            model=models.name if models else "",
            command=text(node.properties.get("command")),
            ports=tuple(_ports(reading, node)),
            environment=environment,
            mounts=tuple(_data(reading, node)),
            secrets=secrets,
            hosts=(host.name,) if host else (),
            has_plug_in=_GATEWAY in node.ancestry or any(_gateways(reading, node)),
            is_training=_TRAINING in node.ancestry,
        ),
        wanted,
        scale,
    )


def _is_beside(reading: Reading, node: Node) -> bool:
    """Whether a gateway stands on the machine of the server that it asks."""
    server = reading.target(node.name, "server")
    if server is None or _GATEWAY not in node.ancestry:
        return False
    return reading.machine_of(server.name) == reading.machine_of(node.name)


def _replicas(node: Node) -> Scale:
    asked = integer(node.properties.get("replicas"), 1)
    scale = shapes.scale(node)
    if asked == 1:
        return scale
    if scale == Scale():
        return Scale(asked, asked, asked)
    return Scale(asked, min(asked, scale.least), max(asked, scale.most))


def _ports(reading: Reading, node: Node) -> Iterator[Port]:
    for kind in node.ancestry:
        for name, key, usual in _PORTS.get(kind, ()):
            fixed = integer(node.properties.get(key))
            yield Port(name, fixed or usual, fixed)
    for gateway in _gateways(reading, node):
        yield from _ports(reading, gateway)


def _gateways(reading: Reading, node: Node) -> Iterator[Node]:
    """Those beside a server that ask it."""
    for edge in reading.topology.edges:
        other = reading.topology.nodes[edge.source]
        is_asked = edge.target == node.name and edge.name == "server" and not other.is_off
        if is_asked and _is_beside(reading, other):
            yield other


def _data(reading: Reading, node: Node) -> Iterator[Mount]:
    for edge in reading.edges.get(node.name, ()):
        values = reading.topology.nodes[edge.target].properties
        if edge.name == "data":
            yield Mount(
                text(values.get("source")),
                text(values.get("target")),
                values.get("read_only") is not False,
                text(values.get("kind")) or "path",
            )


def _first(node: Node, table: Mapping[str, str]) -> str | None:
    return next((table[kind] for kind in node.ancestry if kind in table), None)
