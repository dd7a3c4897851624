"""The data of a training, written into its topology so that a plan says what differs. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from deepcat.catalog.datasets import asked, found
from deepcat.catalog.values import Dataset
from deepcat.host.data.address import MOUNT
from deepcat.host.data.wanted import variable
from deepcat.tosca.topology import Node, Topology

_TRAINING, _MOUNT = "deepcat.nodes.TrainingJob", "deepcat.nodes.DataMount"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")


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
    topology, mounted = _folded(topology)
    jobs = [node for node in topology.nodes.values() if _TRAINING in (node.type, *node.ancestry)]
    for each in jobs:
        if each.properties.get("data"):
            raise ValueError(f"`{each.name}` names data by itself: let `training.data` name it")
    data: dict[str, Dataset] = {}
    nodes = {}
    for each in jobs:
        told = {}
        for name, entry in {**mounted.get(each.name, {}), **named}.items():
            try:
                data[name] = found(entry, known, read)
            except ValueError as error:
                raise ValueError(f"the data `{name}` {error}") from None
            told[name] = _told(data[name])
        nodes[each.name] = replace(each, properties={**each.properties, "data": told})
    if not data:
        return Given(topology)
    there = replace(topology, nodes={**topology.nodes, **nodes})
    return Given(there, tuple({each.digest: each for each in data.values()}.values()))


def without_mounts(topology: Topology) -> Topology:
    """A topology without the data that its trainings require, where that can be staged."""
    try:
        return _folded(topology)[0]
    except ValueError:
        return topology


def _folded(topology: Topology) -> tuple[Topology, dict[str, dict[str, Mapping[str, Any]]]]:
    """A topology without the data that its trainings require, and that by training and name.

    Raises:
        ValueError: such data cannot be had as it is asked for.
    """
    of: dict[str, dict[str, Mapping[str, Any]]] = {}
    gone = set()
    for edge in topology.edges:
        source, target = topology.nodes[edge.source], topology.nodes[edge.target]
        if not _is(source, _TRAINING) or not _is(target, _MOUNT):
            continue
        of.setdefault(source.name, {})[target.name] = _entry(target)
        gone.add(target.name)
    if not gone:
        return topology, of
    left = [edge for edge in topology.edges if edge.source not in gone and edge.target not in gone]
    if other := next(
        (
            edge
            for edge in topology.edges
            if edge.target in gone and not _is(topology.nodes[edge.source], _TRAINING)
        ),
        None,
    ):
        raise ValueError(
            f"`{other.source}` requires `{other.target}`, and data is for trainings alone"
        )
    nodes = {name: node for name, node in topology.nodes.items() if name not in gone}
    return replace(topology, nodes=nodes, edges=tuple(left)), of


def _entry(mount: Node) -> Mapping[str, Any]:
    """Which data set a node of type `DataMount` stands for, where it is staged.

    Raises:
        ValueError: it asks for what nothing here carries out.
    """
    own = mount.properties
    if not _NAME.match(mount.name):
        raise ValueError(f"`{mount.name}` is no name of data: use small letters, digits and `_`")
    if own.get("kind") != "dataset":
        raise ValueError(
            f"nothing here knows what lies at `{mount.name}`, a {own.get('kind')}: name a data set"
            " with its address, `kind: dataset`, and mount that: `how: mount`"
        )
    if own.get("target"):
        raise ValueError(
            f"nothing here puts `{mount.name}` at a path of its own: a script finds it by"
            f" `{variable(mount.name)}`; take `target` away"
        )
    if own.get("read_only") is False:
        raise ValueError(f"nobody writes to `{mount.name}`: data is known by its checksums")
    if own.get("credential"):
        raise ValueError(f"`{mount.name}` names a secret: its data set names it, as `credential`")
    how = {"how": MOUNT} if own.get("how") == MOUNT else {}
    return {"dataset": str(own.get("source")), **how}


def _is(node: Node, kind: str) -> bool:
    return kind in (node.type, *node.ancestry)


def _told(data: Dataset) -> dict[str, Any]:
    """What a plan, a record and a host are told of data; of what lets us in nothing."""
    named = {"dataset": data.name} if data.name else {}
    told = {**named, "address": data.address, "digest": data.digest, "bytes": data.bytes}
    if not data.is_mounted:
        return told
    return {**told, "how": MOUNT, **({"store": data.store} if data.store else {})}
