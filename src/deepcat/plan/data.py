"""The data of a training, written into its topology so that a plan says what differs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from deepcat.catalog.datasets import asked, found
from deepcat.catalog.values import Dataset
from deepcat.tosca.topology import Topology

_TRAINING = "deepcat.nodes.TrainingJob"


@dataclass(frozen=True, slots=True)
class Given:
    """A topology whose trainings know their data.

    Attributes:
        topology: with the property `data` of each training.
        data: all of it.
    """

    topology: Topology
    data: tuple[Dataset, ...] = ()


def given(
    topology: Topology,
    module: Mapping[str, Any],
    wish: Mapping[str, Any],
    known: Mapping[str, Dataset],
    read: Callable[[str], bytes],
) -> Given:
    """Give trainings the data that a module and a wish name.

    Args:
        topology: with its inputs given.
        module: as parsed.
        wish: the deployment, as parsed.
        known: the catalog's data sets.
        read: gives the content of a file of the catalog.

    Raises:
        ValueError: data cannot be had by what is said of it, or a template names some by itself.
    """
    training = module.get("training")
    named = asked(training if isinstance(training, Mapping) else {}, wish)
    jobs = [node for node in topology.nodes.values() if _TRAINING in (node.type, *node.ancestry)]
    for each in jobs:
        if each.properties.get("data"):
            raise ValueError(f"`{each.name}` names data by itself: let `training.data` name it")
    if not named or not jobs:
        return Given(topology)
    data: dict[str, Dataset] = {}
    for name, entry in named.items():
        try:
            data[name] = found(entry, known, read)
        except ValueError as error:
            raise ValueError(f"the data `{name}` {error}") from None
    told = {name: _told(each) for name, each in data.items()}
    nodes = {
        each.name: replace(each, properties={**each.properties, "data": told}) for each in jobs
    }
    there = replace(topology, nodes={**topology.nodes, **nodes})
    return Given(there, tuple(data.values()))


def _told(data: Dataset) -> dict[str, Any]:
    """What a plan, a record and a host are told of data; of what lets us in nothing."""
    named = {"dataset": data.name} if data.name else {}
    return {**named, "address": data.address, "digest": data.digest, "bytes": data.bytes}
