"""What a machine or container must be like, read from a node's capabilities. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from deepcat.catalog.values import AcceleratorRequest
from deepcat.tosca.reading.scalars import mebibytes
from deepcat.tosca.topology import Node
from deepcat.tosca.workload import Mount, Port

# What DEEP's images listen on, by name.
_KNOWN_PORTS: Final = {5000: "deepaas", 6006: "monitor", 8888: "jupyter"}
_VENDORS: Final = ("nvidia", "amd", "intel", "google")
_NUMBERS = re.compile(r"([0-9]{1,3})[.]([0-9]{1,3})")
_MODES: Final = frozenset(("ro", "rw", "z", "Z"))


@dataclass(frozen=True, slots=True)
class Scale:
    """How many replicas there are at the start, and between which bounds."""

    replicas: int = 1
    least: int = 1
    most: int = 1


@dataclass(frozen=True, slots=True)
class Shape:
    """What each replica needs."""

    cpus: float = 1.0
    memory_MiB: int = 0
    storage_MiB: int = 0
    accelerator: AcceleratorRequest = field(default_factory=AcceleratorRequest)


def number(value: Any, otherwise: float = 0.0) -> float:
    """A known number, of which there can be none but no debt; else `otherwise`."""
    return max(float(value), 0.0) if type(value) in (int, float) else otherwise


def integer(value: Any, otherwise: int = 0) -> int:
    """A known whole number, of which there can be none but no debt; else `otherwise`.

    Libraries of the field, and types of the template's own, set no bounds: `num_gpus: -3` must not
    lend anybody's quota three.
    """
    return max(value, 0) if type(value) is int else otherwise


def text(value: Any) -> str:
    """A known text, or an empty one."""
    return value if isinstance(value, str) else ""


def shape(node: Node, capability: str = "host") -> Shape:
    """What a node's capability says of CPUs, memory, storage and accelerators."""
    host = node.capabilities.get(capability, {})
    return Shape(
        number(host.get("num_cpus"), 1.0),
        mebibytes(host.get("mem_size")),
        mebibytes(host.get("disk_size")),
        accelerator(host, node.capabilities.get("os", {})),
    )


def accelerator(host: Mapping[str, Any], system: Mapping[str, Any]) -> AcceleratorRequest:
    """The accelerators that a host and its operating system are asked for."""
    models = [model for item in (host.get("gpu_model"),) for model in text(item).split(",")]
    listed = host.get("gpu_models")
    models += [text(item) for item in listed] if isinstance(listed, list) else []
    names = tuple(dict.fromkeys(name.strip() for name in models if name.strip()))
    vendor = text(host.get("gpu_vendor")).lower()
    capability = _NUMBERS.match(text(host.get("gpu_compute_capability")))
    request = AcceleratorRequest(
        vendor=next((name for name in _VENDORS if name in vendor), vendor),
        models=names,
        memory_MiB=mebibytes(host.get("gpu_memory")),
        compute_capability=(int(capability[1]), int(capability[2])) if capability else None,
        cuda=text(host.get("cuda")) or text(system.get("cuda_min_version")),
        driver=text(host.get("driver")),
        mig=text(host.get("mig")),
        interconnect=text(host.get("interconnect"))
        or ("infiniband" if host.get("infiniband_support") is True else ""),
    )
    count = host.get("num_gpus")
    if count is None:
        asked = replace(request, interconnect="") != AcceleratorRequest()
        wanted = asked or system.get("cuda_support") is True or system.get("gpu_driver") is True
        return replace(request, count=int(wanted))
    # A template for CPU and GPU alike names the model even where none is asked for.
    return replace(request, count=integer(count)) if count else AcceleratorRequest()


def scale(node: Node, capability: str = "scalable") -> Scale:
    """How many of a node there are. Bounds that are not given hold it where it starts."""
    values = node.capabilities.get(capability, {})
    least, most = integer(values.get("min_instances"), 1), integer(values.get("max_instances"), 1)
    start = values.get("count")
    # INDIGO's `count` is 1 where nobody says otherwise, and then TOSCA's own word holds.
    if capability != "scalable" or start in (None, 1):
        start = values.get("default_instances", start)
    replicas = integer(start, least)
    if (least, most) == (1, 1):
        return Scale(replicas, replicas, replicas)
    return Scale(replicas, min(least, replicas), max(most, replicas))


def published(values: Any) -> tuple[Port, ...]:
    """Ports as TOSCA's PortSpec has them, a list or a mapping by name."""
    named: list[tuple[str, Any]] = []
    if isinstance(values, Mapping):
        named = list(values.items())
    elif isinstance(values, list):
        named = [("", item) for item in values]
    ports = []
    for name, item in named:
        if not isinstance(item, Mapping):
            continue
        internal, external = integer(item.get("source")), integer(item.get("target"))
        if internal or external:
            inner = internal or external
            called = name or _KNOWN_PORTS.get(inner, f"port-{inner}")
            ports.append(Port(called, inner, external, text(item.get("protocol")) or "tcp"))
    return tuple(ports)


def opened(node: Node) -> tuple[Port, ...]:
    """The ports that a machine opens to the outside by its endpoint."""
    ports = published(node.capabilities.get("endpoint", {}).get("ports"))
    return tuple(replace(port, external=port.external or port.internal) for port in ports)


def volumes(values: Any) -> tuple[Mount, ...]:
    """Volumes as Docker spells them: ``[SOURCE:]TARGET[:ro|:rw]``."""
    mounts = []
    for value in values if isinstance(values, list) else ():
        parts = text(value).split(":")
        mode = parts.pop() if len(parts) > 1 and parts[-1] in _MODES else "rw"
        if parts[-1].startswith("/"):
            source = parts[0] if len(parts) > 1 else ""
            mounts.append(Mount(source, parts[-1], mode == "ro", "volume"))
    return tuple(mounts)
