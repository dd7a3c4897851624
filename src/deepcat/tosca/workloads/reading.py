"""One topology as the readers of workloads see it: edges by node, and machines taken. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from deepcat.tosca.topology import Deferred, Edge, Node, Topology
from deepcat.tosca.workload import Mount, Workload
from deepcat.tosca.workloads.shape import Scale, Shape, text

INDIGO: Final = "tosca.nodes.indigo."
REFERENCE: Final = re.compile(r"(?:env|file|vault|oidc|keyring):\S+\Z")


class Reading:
    """One topology.

    Attributes:
        topology: what is read.
        edges: by the name of the node where they begin.
        taken: names of the machines that some workload has.
    """

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.edges: dict[str, list[Edge]] = {}
        for edge in topology.edges:
            self.edges.setdefault(edge.source, []).append(edge)
        self.taken: set[str] = set()

    def target(self, node: str, name: str) -> Node | None:
        """Where a node's requirement of a name leads; None for nowhere."""
        for edge in self.edges.get(node, ()):
            if edge.name == name:
                return self.topology.nodes[edge.target]
        return None

    def below(self, node: str) -> list[Node]:
        """What hosts a node, and what hosts that, down to the machine."""
        chain: list[Node] = []
        while (host := self.target(node, "host")) is not None and host not in chain:
            chain.append(host)
            node = host.name
        return chain

    def machine_of(self, node: str) -> Node | None:
        """The machine at the bottom of what hosts a node."""
        chain = self.below(node)
        return chain[-1] if chain else None

    def take(self, node: Node | None, wanted: Shape) -> Shape:
        """A machine's shape for the first that asks; what shares it asks for nothing more."""
        if node is None:
            return wanted
        if node.name in self.taken:
            return Shape(0.0)
        self.taken.add(node.name)
        return wanted

    def spaces(self, environment: Mapping[str, Any]) -> Iterator[Mount]:
        """Onedata's spaces that a workload is told of, where it says they shall be mounted."""
        target = text(environment.get("ONEDATA_MOUNT_POINT"))
        named = {
            value.arguments[0]
            for value in environment.values()
            if isinstance(value, Deferred) and value.function == "get_attribute"
        }
        for name, node in self.topology.nodes.items():
            if name in named and f"{INDIGO}OnedataSpace" in node.ancestry:
                yield Mount(text(node.properties.get("space")), target, kind="onedata")


def filled(workload: Workload, wanted: Shape, scale: Scale) -> Workload:
    """A workload with its shape and scale."""
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


def environment_of(
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
