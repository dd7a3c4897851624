"""What nodes, pods and quotas say of a cluster, as shapes and limits. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deepcat.clouds.kinds.kubernetes.amounts import amount, mebibytes
from deepcat.clouds.kinds.kubernetes.claims import Claimed
from deepcat.clouds.kinds.kubernetes.shapes import PLAIN, Cards, product, short_of
from deepcat.clouds.offers import Shape

Object = Mapping[str, Any]

_ENDED = ("Succeeded", "Failed")
_KEEPS_OUT = ("NoSchedule", "NoExecute")
_MOST_CARDS = 64
_GIB = 1024
# What a node advertises of each part of a card's memory, in MiB.
_MEMORY = "nvidia.com/gpu.memory"
_CUDA = ("nvidia.com/cuda.runtime-version.full", "nvidia.com/cuda.runtime-version.major")
_DRIVER = "nvidia.com/cuda.driver-version.full"
_NUMBER = re.compile(r"[0-9]{1,9}")
_NOTHING = Claimed()


@dataclass(frozen=True, slots=True)
class Node:
    """One node, as far as a pod of ours is concerned.

    Attributes:
        name: its name.
        down: why no pod of ours comes to it; empty where one may.
        cpus: cores that pods may have.
        cpus_free: of them, what no pod asks for.
        memory_MiB: that pods may have.
        memory_free_MiB: of it, what no pod asks for.
        cards: make -> how many there are, and how many are free.
        labels: its own.
        reserved: whether a taint keeps out what asks for none of its cards.
        claimed: what of its cards is claimed, and not counted as a resource.
    """

    name: str
    down: str
    cpus: float
    cpus_free: float
    memory_MiB: int
    memory_free_MiB: int
    cards: Mapping[Cards, tuple[int, int]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    reserved: bool = False
    claimed: Claimed = _NOTHING


def read(
    listed: Iterable[Object], pods: Iterable[Object], claimed: Mapping[str, Claimed] | None = None
) -> list[Node]:
    """The nodes, with what is free on each.

    Args:
        listed: nodes, as the API gives them.
        pods: of all namespaces.
        claimed: node -> what can be claimed there.
    """
    asked: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for pod in pods:
        name = _spec(pod).get("nodeName")
        if name and (pod.get("status") or {}).get("phase") not in _ENDED:
            for resource, value in requests(pod).items():
                asked[name][resource] += value
    found = []
    for each in listed:
        name = str(_metadata(each).get("name"))
        found.append(_node(each, asked[name], (claimed or {}).get(name, _NOTHING)))
    return found


def requests(pod: Object) -> dict[str, float]:
    """What a pod asks a node for: of its containers together, or of its largest init step."""
    spec = _spec(pod)
    found: dict[str, float] = defaultdict(float)
    for container in spec.get("containers") or ():
        for resource, value in _asks(container).items():
            found[resource] += value
    beside: dict[str, float] = defaultdict(float)
    for container in spec.get("initContainers") or ():
        own = _asks(container)
        if container.get("restartPolicy") == "Always":  # a sidecar, which goes on
            for resource, value in own.items():
                found[resource] += value
                beside[resource] += value
            continue
        for resource, value in own.items():
            found[resource] = max(found[resource], value + beside[resource])
    for resource, value in (spec.get("overhead") or {}).items():
        found[resource] += amount(value)
    found["pods"] = 1.0
    return dict(found)


def _asks(container: Object) -> dict[str, float]:
    own = container.get("resources") or {}
    # What only a limit names is asked for, too.
    both = {**(own.get("limits") or {}), **(own.get("requests") or {})}
    return {resource: amount(value) for resource, value in both.items()}


def _node(each: Object, asked: Mapping[str, float], claimed: Claimed) -> Node:
    metadata, spec, status = _metadata(each), _spec(each), each.get("status") or {}
    has = status.get("allocatable") or status.get("capacity") or {}
    labels = {str(key): str(value) for key, value in (metadata.get("labels") or {}).items()}
    cards = dict(claimed.cards)
    vendors = {made.vendor for made in cards}
    for resource, value in has.items():
        short = short_of(resource)
        if short and Cards(short).vendor in vendors:
            continue  # the same cards, in another way
        count = min(int(amount(value)), _MOST_CARDS)
        if short and count:
            made = Cards(short, product(short, labels))
            cards[made] = count, max(0, count - int(asked.get(resource, 0)))
    cpus, memory = amount(has.get("cpu")), mebibytes(has.get("memory"))
    is_full = amount(has.get("pods", 110)) <= asked.get("pods", 0)
    return Node(
        str(metadata.get("name") or ""),
        _down(spec, status, cards),
        cpus,
        0.0 if is_full else max(0.0, cpus - asked.get("cpu", 0.0)),
        memory,
        0 if is_full else max(0, memory - int(asked.get("memory", 0.0) // (1 << 20))),
        cards,
        labels,
        any(taint.get("effect") in _KEEPS_OUT for taint in spec.get("taints") or ()),
        claimed,
    )


def _down(spec: Object, status: Object, cards: Mapping[Cards, Any]) -> str:
    if spec.get("unschedulable"):
        return "it is cordoned"
    ready = [c for c in status.get("conditions") or () if c.get("type") == "Ready"]
    if not ready or ready[0].get("status") != "True":
        return (
            f"it is not ready: {str(ready[0].get('message') or '')[:200]}" if ready else "unknown"
        )
    borne = {made.resource for made in cards}
    for taint in spec.get("taints") or ():
        if taint.get("effect") in _KEEPS_OUT and taint.get("key") not in borne:
            return f"its taint `{taint.get('key')}` keeps pods out"
    return ""


def shapes(nodes: Sequence[Node]) -> tuple[Shape, ...]:
    """Pods without accelerators, and with each number of each make that one node has."""
    found = [_shape(PLAIN, [node for node in nodes if not node.reserved or node.down], None, 0)]
    makes = sorted({made for node in nodes for made in node.cards}, key=lambda each: each.named(0))
    for made in makes:
        own = [node for node in nodes if made in node.cards]
        most = max(node.cards[made][0] for node in own)
        found += [_shape(made.named(count), own, made, count) for count in range(1, most + 1)]
    return tuple(found)


def _shape(name: str, own: Sequence[Node], made: Cards | None, count: int) -> Shape:
    up = [node for node in own if not node.down]
    known = up or own
    down = "" if up else _words(own)
    largest = max(known, key=lambda node: (node.cpus, node.memory_MiB), default=None)
    return Shape(
        name,
        accelerator=_spelt(made) if made else None,
        accelerators=count,
        memory_MiB_each=_memory(made, known),
        cpus=max((node.cpus for node in known), default=0.0),
        memory_MiB=largest.memory_MiB if largest else 0,
        free=sum(_fits(node, made, count) for node in up),
        cuda=_oldest(known, made, "cuda", *_CUDA) if made else None,
        driver=_oldest(known, made, "driver", _DRIVER) if made else None,
        mig=(made.mig,) if made and made.mig else None,
        down=down,
    )


def _words(own: Sequence[Node]) -> str:
    if not own:
        return "no node takes pods without accelerators"
    first = own[0]
    more = f", and {len(own) - 1} more nodes" if len(own) > 1 else ""
    return f"`{first.name}`: {first.down}{more}"


def _spelt(made: Cards) -> str:
    """The accelerator in the cluster's own spelling; of a part, the whole card's and the part."""
    if not made.mig:
        return made.product or made.vendor
    return f"{made.product.partition('-MIG-')[0] or made.vendor} {made.mig}"


def _oldest(own: Sequence[Node], made: Cards, what: str, *keys: str) -> str | None:
    """The version that every node has at least, as it says; None where one does not tell."""
    told = [
        n.claimed.versions.get(made, {}).get(what)
        or next((n.labels[key] for key in keys if n.labels.get(key)), "")
        for n in own
    ]
    if not all(told):
        return None
    return min(told, key=lambda each: [int(part) for part in _NUMBER.findall(each)], default=None)


def _memory(made: Cards | None, own: Sequence[Node]) -> int | None:
    """Of each card, as its driver or the label says it; of a part, its profile's name does."""
    if made is not None and made.driver:
        return min((n.claimed.memory_MiB.get(made, 0) for n in own), default=0) or None
    if made is None or made.mig or made.vendor != "nvidia":
        return None
    told = [int(amount(node.labels.get(_MEMORY))) for node in own if node.labels.get(_MEMORY)]
    return min(told) if told else None


def _fits(node: Node, made: Cards | None, count: int) -> int:
    """How many pods begin on a node at once, each with a core and a GiB at least."""
    room = min(int(node.cpus_free), node.memory_free_MiB // _GIB)
    if made is None:
        return room
    return min(node.cards[made][1] // count, room)


_LIMITED = {
    "pods": "deployments",
    "count/deployments.apps": "deployments",
    "requests.cpu": "cpus",
    "cpu": "cpus",
    "requests.memory": "memory",
    "memory": "memory",
    **{
        f"requests.{resource}": "accelerators"
        for resource in ("nvidia.com/gpu", "amd.com/gpu", "gpu.intel.com/i915")
    },
}


def limits(quotas: Iterable[Object], ours: Iterable[Object]) -> tuple[tuple[str, float], ...]:
    """The most that the namespace lets us have, what others use of it taken off.

    Args:
        quotas: of the namespace.
        ours: the pods there that are this catalog's.
    """
    own: dict[str, float] = defaultdict(float)
    for pod in ours:
        for resource, value in requests(pod).items():
            own[resource] += value
            own[f"requests.{resource}"] += value
        own["count/deployments.apps"] += 1
    found: dict[str, float] = {}
    for quota in quotas:
        if _spec(quota).get("scopes") or _spec(quota).get("scopeSelector"):
            continue  # it counts some pods, and which is not known
        status = quota.get("status") or {}
        hard = status.get("hard") or _spec(quota).get("hard") or {}
        for resource, most in hard.items():
            name = _LIMITED.get(resource)
            if not name:
                continue
            others = max(0.0, amount((status.get("used") or {}).get(resource, 0)) - own[resource])
            left = max(0.0, amount(most) - others)
            left = left // (1 << 20) if name == "memory" else left
            found[name] = min(left, found.get(name, left))
    return tuple(sorted(found.items()))


def _metadata(each: Object) -> Object:
    found: Object = each.get("metadata") or {}
    return found


def _spec(each: Object) -> Object:
    found: Object = each.get("spec") or {}
    return found
