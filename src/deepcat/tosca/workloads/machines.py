"""Workloads that are machines: clusters with their workers, and virtual machines. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from deepcat.tosca.topology import Node
from deepcat.tosca.workload import Part, Workload
from deepcat.tosca.workloads import shape as shapes
from deepcat.tosca.workloads.reading import INDIGO, Reading, filled
from deepcat.tosca.workloads.shape import Scale, Shape


def cluster(reading: Reading, node: Node) -> Workload | None:
    """A cluster, by its front end; None for what is none."""
    if f"{INDIGO}LRMS.FrontEnd" not in node.ancestry:
        return None
    machine = reading.machine_of(node.name)
    workers = [worker for worker in _workers(reading, node) if worker[1] is not None]
    parts = [_part(reading, machine, "front-end", None)] if machine else []
    parts += [_part(reading, host, "worker", worker) for worker, host in workers if host]
    known = {part.name for part in parts}
    others = _others(reading, known)
    parts += [_part(reading, other, "member", None) for other in others]
    reading.taken |= {part.name for part in parts}
    main = next((part for part in parts if part.role == "worker"), None)
    ports = [port for part in parts for port in shapes.opened(reading.topology.nodes[part.name])]
    base = Workload(
        node.name,
        "cluster",
        ports=tuple(dict.fromkeys(ports)),
        hosts=tuple(part.name for part in parts),
        parts=tuple(parts),
    )
    if main is None:
        return replace(base, cpus=0.0, replicas=0, min_replicas=0, max_replicas=0)
    wanted = Shape(main.cpus, main.memory_MiB, main.storage_MiB, main.accelerator)
    return filled(base, wanted, Scale(main.replicas, main.min_replicas, main.max_replicas))


def _workers(reading: Reading, front: Node) -> Iterator[tuple[Node, Node | None]]:
    """The workers of a front end: of its family, where there are several front ends."""
    family = front.type.rpartition(".")[2].removesuffix("Master")
    fronts = [
        node
        for node in reading.topology.nodes.values()
        if f"{INDIGO}LRMS.FrontEnd" in node.ancestry
    ]
    for node in reading.topology.nodes.values():
        if f"{INDIGO}LRMS.WorkerNode" not in node.ancestry:
            continue
        alike = any(family in name.rpartition(".")[2] for name in node.ancestry)
        linked = any(edge.target == front.name for edge in reading.edges.get(node.name, ()))
        if len(fronts) == 1 or linked or alike:
            yield node, reading.machine_of(node.name)


def _others(reading: Reading, known: set[str]) -> list[Node]:
    """Machines of a cluster's other software, such as a load balancer."""
    return [
        host
        for node in reading.topology.nodes.values()
        if node.type == f"{INDIGO}MesosLoadBalancer"
        and (host := reading.machine_of(node.name)) is not None
        and host.name not in known
    ]


def _part(reading: Reading, machine: Node, role: str, worker: Node | None) -> Part:
    wanted, scale = shapes.shape(machine), shapes.scale(machine)
    if worker is not None and _is_elastic(reading, worker):
        scale = shapes.scale(worker, "wn")
    return Part(
        machine.name,
        role,
        wanted.cpus,
        wanted.memory_MiB,
        wanted.storage_MiB,
        scale.replicas,
        scale.least,
        scale.most,
        wanted.accelerator,
    )


def _is_elastic(reading: Reading, worker: Node) -> bool:
    return any(
        edge.target == worker.name and edge.capability == "wn" for edge in reading.topology.edges
    )


def machine(reading: Reading, node: Node) -> Workload | None:
    """A virtual machine; None for what is none, or is taken by another workload."""
    if "tosca.nodes.Compute" not in node.ancestry or node.name in reading.taken:
        return None
    reading.taken.add(node.name)
    base = Workload(node.name, "virtual-machine", ports=shapes.opened(node), hosts=(node.name,))
    return filled(base, shapes.shape(node), shapes.scale(node))
