"""What a topology asks of the roles that carry it out, in words that a cloud may know or not. Pure.

Most kinds of cloud run the roles as they are, and so take whatever these declare (`takes`). A kind
that takes their steps itself names what of it it carries out, and the match refuses the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from deepcat.plan import defaults
from deepcat.plan.given import MODEL, ports_of
from deepcat.plan.takes import ROLE, asks
from deepcat.tosca.topology import Node, Topology
from deepcat.tosca.workloads.schedules import says

_SCHEDULE = "schedule"
_IN_IMAGES = frozenset(
    f"tosca.nodes.indigo.{name}"
    for name in (
        *("Batch.Job", "Container.Application.Docker.Chronos"),
        "Container.Application.Docker.Marathon",
    )
)


def words(topology: Topology, fixed: Collection[Any]) -> tuple[str, ...]:
    """``TYPE`` and ``TYPE.PROPERTY`` of all that roles are asked for, sorted.

    A port is a word only where the wish itself names it, ``TYPE.PROPERTY: NUMBER``; any other may
    give way. A model that no server asks for is ``TYPE without a server``, a job or a container
    that names no image ``TYPE without an image``, and one that repeats as cron has no words for
    ``TYPE.schedule beyond cron``.

    Args:
        topology: with its inputs given.
        fixed: what the wish gives its inputs.
    """
    served = {edge.target for edge in topology.edges if edge.name == "model"}
    on = (node for node in topology.nodes.values() if not node.is_off)
    found = {word for node in on if _by_role(node) for word in _of(node, fixed, served)}
    return tuple(sorted(found))


def _by_role(node: Node) -> bool:
    return any(each.implementation.startswith(ROLE) for each in node.operations)


def _of(node: Node, fixed: Collection[Any], served: Collection[str]) -> Iterator[str]:
    kind = defaults.nearest(node)
    yield kind
    if kind == MODEL and node.name not in served:
        yield f"{kind} without a server"
    if not _IN_IMAGES.isdisjoint((node.type, *node.ancestry)) and not _has_image(node):
        yield f"{kind} without an image"
    usual, own_ports = defaults.of_node(node).properties, ports_of(node)
    for name, value in node.properties.items():
        if name in own_ports:
            if type(value) is int and value and value in fixed:
                yield f"{kind}.{name}: {value}"
        elif name == _SCHEDULE and value and not says(str(value)):
            yield f"{kind}.{name} beyond cron"
        elif asks(value, usual.get(name)):
            # None at all is another word than some: what is asked begins it.
            yield f"{kind}.{name}: 0" if name == "replicas" and value == 0 else f"{kind}.{name}"
    for capability, values in asked_capabilities(node).items():
        for name, value in values.items():
            yield f"{kind}.{capability}.{name}" + (": 0" if value == 0 else "")


def asked_capabilities(node: Node) -> dict[str, dict[str, Any]]:
    """Capability -> the properties of it that ask for anything."""
    usual = defaults.of_node(node).capabilities
    found = {
        capability: {k: v for k, v in values.items() if asks(v, usual.get(capability, {}).get(k))}
        for capability, values in node.capabilities.items()
    }
    return {capability: values for capability, values in found.items() if values}


def _has_image(node: Node) -> bool:
    variables = node.properties.get("environment")
    named = isinstance(variables, Mapping) and variables.get("DOCKER_IMAGE")
    return bool(node.artifacts.get("image") or named)
