"""The normal form of what must run: one workload for each service, job, cluster or machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deepcat.catalog.values import AcceleratorRequest


@dataclass(frozen=True, slots=True)
class Port:
    """A port to be reached: inside the workload, and outside where it is fixed (0: any)."""

    name: str
    internal: int
    external: int = 0
    protocol: str = "tcp"


@dataclass(frozen=True, slots=True)
class Mount:
    """Data to be mounted: what, where, and whether it may be written."""

    source: str
    target: str
    read_only: bool = False
    kind: str = "path"


@dataclass(frozen=True, slots=True)
class Part:
    """Machines of one kind inside a cluster.

    Attributes:
        name: the node that stands for such a machine.
        role: ``front-end``, ``worker`` or ``member``.
        cpus: for each machine.
        memory_MiB: for each machine.
        storage_MiB: for each machine.
        replicas: how many machines, at the start.
        min_replicas: scaling's lower bound.
        max_replicas: scaling's upper bound.
        accelerator: what each machine needs.
    """

    name: str
    role: str
    cpus: float = 1.0
    memory_MiB: int = 0
    storage_MiB: int = 0
    replicas: int = 1
    min_replicas: int = 1
    max_replicas: int = 1
    accelerator: AcceleratorRequest = field(default_factory=AcceleratorRequest)


@dataclass(frozen=True, slots=True)
class Workload:
    """What must run, whatever runs it.

    Attributes:
        name: the node's name that asks for it.
        kind: ``service``, ``job``, ``notebook``, ``cluster`` or ``virtual-machine``.
        image: a container image, or empty.
        model: the node's name of a model that is served, or empty.
        command: argv or one shell-free string as written; may be empty.
        ports: to be reached.
        environment: name -> value, plain or `Deferred`.
        mounts: data.
        secrets: name -> reference such as ``env:NAME``; never a value.
        cpus: for each replica; of a cluster, for each worker. What shares a machine with a workload
            before it asks for nothing of its own: cpus and memory are then 0.
        memory_MiB: for each replica.
        storage_MiB: for each replica.
        replicas: how many, at the start; of a cluster, workers.
        min_replicas: scaling's lower bound.
        max_replicas: scaling's upper bound.
        accelerator: what each replica needs.
        hosts: nodes of the topology that stand for machines of this workload.
        parts: of a cluster, its machines by kind, the workers among them; else none.
        has_plug_in: whether a plug-in of the module's author answers for it, too.
        has_script: whether its topology runs scripts that the module brings.
        is_training: whether it is a job that makes a model, in an environment of its own.
    """

    name: str
    kind: str
    image: str = ""
    model: str = ""
    command: str = ""
    ports: tuple[Port, ...] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    cpus: float = 1.0
    memory_MiB: int = 0
    storage_MiB: int = 0
    replicas: int = 1
    min_replicas: int = 1
    max_replicas: int = 1
    accelerator: AcceleratorRequest = field(default_factory=AcceleratorRequest)
    hosts: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    has_plug_in: bool = False
    has_script: bool = False
    is_training: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """Its kind, and what else it is: ``plug-in``, ``training``, ``container``."""
        beside = {
            "container": self.kind == "service" and bool(self.image),
            "plug-in": self.has_plug_in,
            "training": self.is_training,
        }
        return (self.kind, *(name for name, is_so in beside.items() if is_so))
