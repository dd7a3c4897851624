"""A topology becomes workloads: what must run, whatever vocabulary asked for it. Pure.

| in the template | workload |
|---|---|
| `deepcat.nodes.ModelServer`, with a gateway on the same machine | service |
| `deepcat.nodes.TrainingJob`, `deepcat.nodes.Notebook` | job, notebook |
| `…indigo.Container.Application.Docker.Marathon`, other containers | service |
| `…indigo.Container.Application.Docker.Chronos`, `…indigo.Qcg.Job`, `…indigo.Batch.Job` | job |
| `…indigo.LRMS.FrontEnd.*`, `…MesosMaster`, with their workers and machines | cluster |
| any other `tosca.nodes.Compute`, with the software on it | virtual-machine |

Secrets are references (`env:NAME` and the like), wherever a template or a deployment puts one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from deepcat.tosca.topology import Deferred, Edge, Node, Topology
from deepcat.tosca.workload import Mount, Part, Port, Workload
from deepcat.tosca.workloads import shape as shapes
from deepcat.tosca.workloads.shape import Scale, Shape, integer, number, text

_INDIGO: Final = "tosca.nodes.indigo."
_IMAGE: Final = "tosca.artifacts.Deployment.Image"
_SCALING: Final = "Scaling"
REFERENCE: Final = re.compile(r"(?:env|file|vault|oidc|keyring):\S+\Z")
_PORTS: Final = {
    "deepcat.nodes.ModelServer": (("rest", "rest_port", 8501), ("grpc", "grpc_port", 8500)),
    "deepcat.nodes.DEEPaaSGateway": (("deepaas", "port", 5000),),
    "deepcat.nodes.Notebook": (("notebook", "port", 8888),),
    "deepcat.nodes.TrainingJob": (),
}
_KINDS: Final = {
    "deepcat.nodes.ModelServer": "service",
    "deepcat.nodes.DEEPaaSGateway": "service",
    "deepcat.nodes.Notebook": "notebook",
    "deepcat.nodes.TrainingJob": "job",
}


def workloads(topology: Topology) -> tuple[Workload, ...]:
    """What must run, in the topology's order; machines that carry others are theirs."""
    return tuple(_Reading(topology).workloads())


class _Reading:
    """One topology, with its edges by node."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.edges: dict[str, list[Edge]] = {}
        for edge in topology.edges:
            self.edges.setdefault(edge.source, []).append(edge)
        self.taken: set[str] = set()

    def workloads(self) -> list[Workload]:
        """All workloads: clusters first, for they take their machines whole."""
        found: dict[str, Workload] = {}
        for make in (self._cluster, self._deepcat, self._container, self._batch, self._machine):
            for node in self.topology.nodes.values():
                workload = None if node.name in found else make(node)
                if workload is not None:
                    found[node.name] = workload
        ordered = (found[name] for name in self.topology.nodes if name in found)
        return [self._scaled(workload) for workload in ordered]

    # Edges

    def _target(self, node: str, name: str) -> Node | None:
        for edge in self.edges.get(node, ()):
            if edge.name == name:
                return self.topology.nodes[edge.target]
        return None

    def _below(self, node: str) -> list[Node]:
        """What hosts a node, and what hosts that, down to the machine."""
        chain: list[Node] = []
        while (host := self._target(node, "host")) is not None and host not in chain:
            chain.append(host)
            node = host.name
        return chain

    def _machine_of(self, node: str) -> Node | None:
        chain = self._below(node)
        return chain[-1] if chain else None

    def _take(self, node: Node | None, wanted: Shape) -> Shape:
        """A machine's shape for the first that asks; what shares it asks for nothing more."""
        if node is None:
            return wanted
        if node.name in self.taken:
            return Shape(0.0)
        self.taken.add(node.name)
        return wanted

    # deepcat's own types

    def _deepcat(self, node: Node) -> Workload | None:
        kind = _first(node, _KINDS)
        if kind is None or self._is_beside(node):
            return None
        host = self._machine_of(node.name)
        wanted = self._take(host, shapes.shape(host) if host else Shape())
        models = self._target(node.name, "model")
        scale = self._replicas(node)
        environment, secrets = _environment(node.properties)
        return _filled(
            Workload(
                node.name,
                kind,
                image=text(node.properties.get("image")),
                model=models.name if models else "",
                command=text(node.properties.get("command")),
                ports=tuple(self._ports(node)),
                environment=environment,
                mounts=tuple(self._data(node)),
                secrets=secrets,
                hosts=(host.name,) if host else (),
            ),
            wanted,
            scale,
        )

    def _is_beside(self, node: Node) -> bool:
        """Whether a gateway stands on the machine of the server that it asks."""
        server = self._target(node.name, "server")
        if server is None or "deepcat.nodes.DEEPaaSGateway" not in node.ancestry:
            return False
        return self._machine_of(server.name) == self._machine_of(node.name)

    def _replicas(self, node: Node) -> Scale:
        asked = integer(node.properties.get("replicas"), 1)
        scale = shapes.scale(node)
        if asked != 1 or scale == Scale():
            return Scale(asked, min(asked, scale.least), max(asked, scale.most))
        return scale

    def _ports(self, node: Node) -> Iterator[Port]:
        for kind in node.ancestry:
            for name, key, usual in _PORTS.get(kind, ()):
                fixed = integer(node.properties.get(key))
                yield Port(name, fixed or usual, fixed)
        for edge in self.topology.edges:
            other = self.topology.nodes[edge.source]
            if edge.target == node.name and edge.name == "server" and self._is_beside(other):
                yield from self._ports(other)

    def _data(self, node: Node) -> Iterator[Mount]:
        for edge in self.edges.get(node.name, ()):
            values = self.topology.nodes[edge.target].properties
            if edge.name == "data":
                yield Mount(
                    text(values.get("source")),
                    text(values.get("target")),
                    values.get("read_only") is not False,
                    text(values.get("kind")) or "path",
                )

    # Containers

    def _container(self, node: Node) -> Workload | None:
        if "tosca.nodes.Container.Application" not in node.ancestry:
            return None
        runtime = self._target(node.name, "host")
        edge = next((edge for edge in self.edges.get(node.name, ()) if edge.name == "host"), None)
        offer = runtime.capabilities.get(edge.capability, {}) if runtime and edge else {}
        wanted = shapes.shape(runtime, edge.capability) if runtime and edge else Shape()
        environment, secrets = _environment(node.properties, "environment_variables")
        is_job = f"{_INDIGO}Container.Application.Docker.Chronos" in node.ancestry
        mounts = [*shapes.volumes(offer.get("volumes")), *self._spaces(environment)]
        return _filled(
            Workload(
                node.name,
                "job" if is_job else "service",
                image=_image(node),
                command=text(node.properties.get("command")),
                ports=shapes.published(offer.get("publish_ports")),
                environment=environment,
                mounts=tuple(mounts),
                secrets=secrets,
                hosts=(runtime.name,) if runtime else (),
            ),
            self._take(runtime, wanted),
            shapes.scale(runtime) if runtime else Scale(),
        )

    def _spaces(self, environment: Mapping[str, Any]) -> Iterator[Mount]:
        """Onedata's spaces that a workload is told of, where it says they shall be mounted."""
        target = text(environment.get("ONEDATA_MOUNT_POINT"))
        named = {
            value.arguments[0]
            for value in environment.values()
            if isinstance(value, Deferred) and value.function == "get_attribute"
        }
        for name, node in self.topology.nodes.items():
            if name in named and f"{_INDIGO}OnedataSpace" in node.ancestry:
                yield Mount(text(node.properties.get("space")), target, kind="onedata")

    # Batch jobs

    def _batch(self, node: Node) -> Workload | None:
        if f"{_INDIGO}Batch.Job" not in node.ancestry:
            return None
        values = node.properties
        nodes = max(1, integer(values.get("total_nodes"), 1))
        cores = number(values.get("total_cores"), 1.0) / nodes
        cpus = number(values.get("cores_per_node"), cores)
        memory = integer(values.get("memory_per_node")) or round(
            integer(values.get("memory_per_core")) * cpus
        )
        gpus = -(-integer(values.get("gpus")) // nodes)
        environment, secrets = _environment(values, "environment")
        # DEEP's job script runs an image by udocker; what runs inside it is told by variables.
        image = text(environment.get("DOCKER_IMAGE"))
        arguments = values.get("arguments")
        words = [text(values.get("executable"))]
        words += [text(item) for item in arguments] if isinstance(arguments, list) else []
        inner = text(environment.get("UDOCKER_RUN_COMMAND")) if image else ""
        return Workload(
            node.name,
            "job",
            image=image,
            command=inner or " ".join(word for word in words if word),
            environment=environment,
            mounts=tuple(self._spaces(environment)),
            secrets=secrets,
            cpus=cpus,
            memory_MiB=memory,
            replicas=nodes,
            min_replicas=nodes,
            max_replicas=nodes,
            accelerator=replace(shapes.accelerator({}, {}), count=gpus),
        )

    # Clusters and machines

    def _cluster(self, node: Node) -> Workload | None:
        if f"{_INDIGO}LRMS.FrontEnd" not in node.ancestry:
            return None
        machine = self._machine_of(node.name)
        workers = [worker for worker in self._workers(node) if worker[1] is not None]
        parts = [self._part(machine, "front-end", None)] if machine else []
        parts += [self._part(host, "worker", worker) for worker, host in workers if host]
        known = {part.name for part in parts}
        others = self._others(known)
        parts += [self._part(other, "member", None) for other in others]
        self.taken |= {part.name for part in parts}
        main = next((part for part in parts if part.role == "worker"), None)
        ports = [port for part in parts for port in shapes.opened(self.topology.nodes[part.name])]
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
        return _filled(base, wanted, Scale(main.replicas, main.min_replicas, main.max_replicas))

    def _workers(self, front: Node) -> Iterator[tuple[Node, Node | None]]:
        """The workers of a front end: of its family, where there are several front ends."""
        family = front.type.rpartition(".")[2].removesuffix("Master")
        fronts = [
            node
            for node in self.topology.nodes.values()
            if f"{_INDIGO}LRMS.FrontEnd" in node.ancestry
        ]
        for node in self.topology.nodes.values():
            if f"{_INDIGO}LRMS.WorkerNode" not in node.ancestry:
                continue
            alike = any(family in name.rpartition(".")[2] for name in node.ancestry)
            linked = any(edge.target == front.name for edge in self.edges.get(node.name, ()))
            if len(fronts) == 1 or linked or alike:
                yield node, self._machine_of(node.name)

    def _others(self, known: set[str]) -> list[Node]:
        """Machines of a cluster's other software, such as a load balancer."""
        return [
            host
            for node in self.topology.nodes.values()
            if node.type == f"{_INDIGO}MesosLoadBalancer"
            and (host := self._machine_of(node.name)) is not None
            and host.name not in known
        ]

    def _part(self, machine: Node, role: str, worker: Node | None) -> Part:
        wanted, scale = shapes.shape(machine), shapes.scale(machine)
        if worker is not None and self._is_elastic(worker):
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

    def _is_elastic(self, worker: Node) -> bool:
        return any(
            edge.target == worker.name and edge.capability == "wn" for edge in self.topology.edges
        )

    def _machine(self, node: Node) -> Workload | None:
        if "tosca.nodes.Compute" not in node.ancestry or node.name in self.taken:
            return None
        self.taken.add(node.name)
        base = Workload(node.name, "virtual-machine", ports=shapes.opened(node), hosts=(node.name,))
        return _filled(base, shapes.shape(node), shapes.scale(node))

    # Policies

    def _scaled(self, workload: Workload) -> Workload:
        """Let scaling policies that aim at a workload, or at its machines, set its bounds."""
        for policy in self.topology.policies:
            aims = {workload.name, *workload.hosts} & set(policy.targets)
            if not aims or not policy.type.endswith(_SCALING):
                continue
            least = integer(policy.properties.get("min_instances"), workload.min_replicas)
            most = integer(policy.properties.get("max_instances"), workload.max_replicas)
            start = integer(policy.properties.get("default_instances"), workload.replicas)
            most = max(least, most)
            start = min(max(start, least), most)
            workload = replace(workload, replicas=start, min_replicas=least, max_replicas=most)
        return workload


def _first(node: Node, table: Mapping[str, str]) -> str | None:
    return next((table[kind] for kind in node.ancestry if kind in table), None)


def _filled(workload: Workload, wanted: Shape, scale: Scale) -> Workload:
    return replace(
        workload,
        cpus=wanted.cpus,
        memory_MiB=wanted.memory_MiB,
        storage_MiB=wanted.storage_MiB,
        accelerator=wanted.accelerator,
        replicas=scale.replicas,
        min_replicas=scale.least,
        max_replicas=scale.most,
    )


def _image(node: Node) -> str:
    for artifact in node.artifacts.values():
        if str(artifact.get("type", _IMAGE)).startswith(_IMAGE):
            return text(artifact.get("file"))
    return ""


def _environment(
    properties: Mapping[str, Any], key: str = "environment"
) -> tuple[dict[str, Any], dict[str, str]]:
    """A workload's variables, and apart from them its secrets, which are references."""
    plain: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for section in (key, "secrets"):
        values = properties.get(section)
        for name, value in values.items() if isinstance(values, Mapping) else ():
            if isinstance(value, str) and REFERENCE.match(value):
                secrets[name] = value
            elif section == key:
                plain[name] = value
    return plain, secrets
