"""What leads readers to servers: once they are proved, and again where new ones were not."""

from __future__ import annotations

from typing import Any

from deepcat.clouds.kinds.kubernetes import containers, names, outside, scaling
from deepcat.clouds.kinds.kubernetes.given import (
    Values,
    addresses,
    ports_of,
    require_own,
)
from deepcat.clouds.kinds.kubernetes.held import Held
from deepcat.clouds.manifests import objects
from deepcat.clouds.manifests.containers import service
from deepcat.clouds.manifests.values import Served


def proving(state: Values, values: Values) -> dict[str, Any]:
    """The servers that must prove themselves: those that the run made, and those it left as is."""
    tried = dict(state.get("tried") or {})
    if len(tried) < int(values.get("servers") or 0):
        return {**(state.get("live") or {}), **tried}
    return tried


def lead(held: Held, node: str, each: Values) -> None:
    """Let a server's service lead to its pods."""
    require_own(held, node, each)
    space, labels = held.cluster.namespace, names.labels(held.catalog, held.name)
    served = Served(each["name"], "", (), namespace=space, state=each["state"], labels=labels)
    ports = ports_of(each)
    leading = outside.leading(served, held.cluster.own) if ports is None else []
    for found in [service(served, ports)] if ports else leading:
        held.apply(found)
    held.apply(objects.budget(served))
    if found := scaling.scaler(served, each):
        held.apply(found)


def reached(held: Held, each: Values) -> dict[str, str]:
    """Where readers ask a server: in the cluster, or from outside where its cloud says so."""
    if (ports := ports_of(each)) is not None:
        return containers.reached(str(each["name"]), held.cluster.namespace, ports)
    return outside.reached(held, addresses(each, held.cluster.namespace), str(each["name"]))
