"""Accelerators that are claimed, by DynamicResourceAllocation: what slices say, and how a pod asks.

A class of devices is offered where it is named like the driver whose devices it takes, as vendors
do it (`gpu.nvidia.com`); which devices another class takes is said by an expression of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from deepcat.clouds.kinds.kubernetes.amounts import mebibytes
from deepcat.clouds.kinds.kubernetes.edge import Cluster
from deepcat.clouds.kinds.kubernetes.refused import RefusedError, refused
from deepcat.clouds.kinds.kubernetes.shapes import CLAIMED, PRODUCTS, Cards, plain
from deepcat.clouds.manifests import pods
from deepcat.clouds.manifests.values import Served

Object = Mapping[str, Any]
GROUP = "resource.k8s.io"
# The newest first; before these there was none that this could ask.
_VERSIONS = ("v1", "v1beta2", "v1beta1")
_NONE = (403, 404)
_LISTED = ("deviceclasses", "resourceslices", "resourceclaims")
_GPU = "gpu"


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one node's drivers say of it.

    Attributes:
        cards: make -> how many there are, and how many no claim has.
        memory_MiB: make -> of each, the least; 0 where nobody says.
        versions: make -> ``cuda`` and ``driver``, where they are told.
    """

    cards: Mapping[Cards, tuple[int, int]] = field(default_factory=dict)
    memory_MiB: Mapping[Cards, int] = field(default_factory=dict)
    versions: Mapping[Cards, Mapping[str, str]] = field(default_factory=dict)


def version(cluster: Cluster) -> str:
    """The newest version of the group that it serves, of those that are known; empty for none.

    Raises:
        RefusedError: the cluster does not tell.
    """
    try:
        told = cluster.ask("GET", f"/apis/{GROUP}")
    except RefusedError as error:
        if error.status in _NONE:
            return ""
        raise
    served = {str(each.get("version")) for each in told.get("versions") or ()}
    return next((each for each in _VERSIONS if each in served), "")


def claimed(cluster: Cluster) -> dict[str, Claimed]:
    """Node -> what can be claimed there; nothing where that may not be seen.

    Raises:
        RefusedError: the cluster does not tell.
    """
    found = version(cluster)
    if not found:
        return {}
    paths = (f"/apis/{GROUP}/{found}/{each}" for each in _LISTED)
    try:
        with ThreadPoolExecutor(len(_LISTED)) as pool:
            return read(*pool.map(cluster.list, paths))
    except RefusedError as error:
        if error.status in _NONE:
            return {}
        raise


def claim(cluster: Cluster, served: Served, workload: Object) -> None:
    """Let pods claim their accelerators, for as long as what keeps these pods is there.

    Args:
        cluster: where.
        served: whose pods.
        workload: the object that keeps them, as it is there; it owns what they claim by.

    Raises:
        RefusedError: the cluster does not take it, or knows no such claims any more.
    """
    if served.card is None or not served.card.device_class:
        return
    found = version(cluster)
    if not found:
        raise refused(404, {"message": f"the cluster serves no group `{GROUP}`"})
    metadata = workload["metadata"]
    owner = {"apiVersion": workload["apiVersion"], "kind": workload["kind"]}
    owner |= {"name": metadata["name"], "uid": metadata["uid"]}
    wanted = pods.claim(served, found)
    wanted["metadata"]["ownerReferences"] = [owner]
    space = f"/apis/{GROUP}/{found}/namespaces/{cluster.namespace}/resourceclaimtemplates"
    cluster.apply(f"{space}/{wanted['metadata']['name']}", wanted)


def read(
    classes: Iterable[Object], slices: Iterable[Object], claims: Iterable[Object]
) -> dict[str, Claimed]:
    """Node -> what can be claimed there. Pure.

    Args:
        classes: of devices.
        slices: that drivers publish.
        claims: of all namespaces.
    """
    named = {str(each["metadata"]["name"]) for each in classes}
    own = [each for each in slices if (each.get("spec") or {}).get("driver") in named]
    taken = {each for claim in claims for each in _allotted(claim)}
    newest: dict[tuple[str, str], int] = defaultdict(int)
    for each in own:
        key, generation = _pool(each["spec"])
        newest[key] = max(newest[key], generation)
    counts: dict[str, dict[Cards, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    memory: dict[str, dict[Cards, int]] = defaultdict(dict)
    versions: dict[str, dict[Cards, Mapping[str, str]]] = defaultdict(dict)
    for spec in (each["spec"] for each in own):
        key, generation = _pool(spec)
        node = str(spec.get("nodeName") or "")
        if not node or generation < newest[key]:
            continue
        for device in spec.get("devices") or ():
            made = _cards(str(spec["driver"]), device)
            if made is None:
                continue
            counts[node][made][0] += 1
            counts[node][made][1] += (*key, str(device.get("name"))) not in taken
            told = mebibytes(_value((_basic(device).get("capacity") or {}).get("memory")) or 0)
            memory[node][made] = min(told, memory[node].get(made, told))
            versions[node][made] = _versions(device)
    return {
        node: Claimed(
            {made: (has, free) for made, (has, free) in own_.items()}, memory[node], versions[node]
        )
        for node, own_ in counts.items()
    }


def _allotted(claim: Object) -> Iterable[tuple[str, str, str]]:
    devices = ((claim.get("status") or {}).get("allocation") or {}).get("devices") or {}
    for each in devices.get("results") or ():
        yield str(each.get("driver")), str(each.get("pool")), str(each.get("device"))


def _pool(spec: Object) -> tuple[tuple[str, str], int]:
    pool = spec.get("pool") or {}
    return (str(spec.get("driver")), str(pool.get("name"))), int(pool.get("generation") or 0)


def _basic(device: Object) -> Object:
    """As the newest version has a device; before, all of it lay one level deeper."""
    found: Object = device.get("basic") or device
    return found


def _cards(driver: str, device: Object) -> Cards | None:
    """The make of a device; None where it is no whole accelerator, or is kept from pods."""
    attributes = _basic(device).get("attributes") or {}
    kind = _value(attributes.get("type"))
    if (kind or _GPU) != _GPU or _basic(device).get("taints"):
        return None
    told = next((each for name in PRODUCTS if (each := _value(attributes.get(name)))), "")
    return Cards(f"{CLAIMED}{driver.replace('.', '_')}", plain(told))


def _versions(device: Object) -> Mapping[str, str]:
    attributes = _basic(device).get("attributes") or {}
    found = {"cuda": "cudaDriverVersion", "driver": "driverVersion"}
    told = {key: _value(attributes.get(name)) for key, name in found.items()}
    return {key: value for key, value in told.items() if value}


def _value(held: Any) -> str:
    """An attribute or a capacity in whatever form its driver gives it."""
    if not isinstance(held, Mapping):
        return ""
    return next((str(value) for value in held.values() if isinstance(value, (str, int))), "")
