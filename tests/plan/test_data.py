"""The data of a training stands in its plan; what is to be mounted is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat.catalog.values import Dataset
from deepcat.host.data.manifest import Piece, made_of
from deepcat.plan.data import given
from deepcat.tosca.topology import Edge, Node, Topology

POINTS = Dataset("points", "", "https://example.org/a", made_of([Piece("a", "0" * 64)]), 3, {})
OTHER = {"address": "https://example.org/b", "sha256": "1" * 64, "bytes": 4}


def node(name: str, kind: str, /, **properties: Any) -> Node:
    return Node(name, f"deepcat.nodes.{kind}", (), properties, {}, {}, {}, ())


def topology(*nodes: Node, edges: tuple[Edge, ...] = ()) -> Topology:
    return Topology("", "", "", {}, {each.name: each for each in nodes}, edges, {})


def edge(source: str, target: str) -> Edge:
    return Edge(source, "data", target, "data", "deepcat.relationships.Mounts")


def asked(
    own: Topology, module: dict[str, Any] | None = None, wish: dict[str, Any] | None = None
) -> Any:
    return given(
        own, {"training": {"data": module or {}}}, {"data": wish or {}}, {"points": POINTS}, bytes
    )


JOB = node("train", "TrainingJob")


def test_a_wish_says_otherwise_than_its_module() -> None:
    data = {"points": {"dataset": "points"}}
    found = asked(topology(JOB), data)
    assert found.data == (POINTS,)
    told = found.topology.nodes["train"].properties["data"]["points"]
    assert told == {
        "dataset": "points", "address": POINTS.address, "digest": POINTS.digest, "bytes": 3,
    }  # fmt: skip
    other = asked(topology(JOB), data, {"points": OTHER}).topology.nodes["train"]
    assert other.properties["data"]["points"]["digest"] != POINTS.digest
    assert asked(topology(node("server", "ModelServer")), data).data == ()


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"dataset": "none"}, "which the catalog has not"),
        ({"address": "https://example.org/b"}, "names an address without"),
        ({**OTHER, "address": "ftp://x/b"}, "by which nothing here fetches"),
    ],
)
def test_data_that_cannot_be_had_is_told_by_its_name(entry: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=f"the data `points` .*{why}"):
        asked(topology(JOB), {"points": entry})


def test_a_data_mount_of_a_data_set_is_staged() -> None:
    own = topology(
        node("photos", "DataMount", source="points", kind="dataset"),
        JOB,
        edges=(edge("train", "photos"),),
    )
    found = asked(own)
    assert list(found.topology.nodes) == ["train"]
    assert not found.topology.edges
    assert found.topology.nodes["train"].properties["data"]["photos"]["digest"] == POINTS.digest


@pytest.mark.parametrize(
    ("name", "own", "why"),
    [
        ("photos", {"kind": "s3"}, "nothing here knows what lies at `photos`, a s3"),
        ("photos", {"kind": "path"}, "name a data set"),
        (
            "photos",
            {"kind": "dataset", "target": "/data"},
            "by `DEEPCAT_DATA_PHOTOS`; take `target`",
        ),
        ("photos", {"kind": "dataset", "read_only": False}, "nobody writes to `photos`"),
        ("photos", {"kind": "dataset", "credential": "env:X"}, "names a secret"),
        ("Photos", {"kind": "dataset"}, "is no name of data"),
    ],
)
def test_a_mount_is_refused_by_name(name: str, own: dict[str, Any], why: str) -> None:
    mount = node(name, "DataMount", source="points", **own)
    with pytest.raises(ValueError, match=why):
        asked(topology(mount, JOB, edges=(edge("train", name),)))


def test_data_is_for_trainings_alone_and_named_in_one_place() -> None:
    mount = node("photos", "DataMount", source="points", kind="dataset")
    own = topology(
        mount,
        JOB,
        node("server", "ModelServer"),
        edges=(edge("train", "photos"), edge("server", "photos")),
    )
    with pytest.raises(ValueError, match="`server` requires `photos`"):
        asked(own)
    with pytest.raises(ValueError, match="by itself"):
        asked(topology(node("train", "TrainingJob", data={"x": {}})))


def test_what_is_mounted_is_known_by_its_address_and_said_so() -> None:
    store = {"address": "s3://bucket/points", "endpoint": "https://x", "credential": "env:A"}
    shop = Dataset("shop", "", "s3://bucket/points", made_of([Piece("a", "0" * 64)]), 3, store)
    entry = {"dataset": "shop", "how": "mount"}
    found = given(
        topology(JOB), {"training": {"data": {"points": entry}}}, {}, {"shop": shop}, bytes
    )
    told = found.topology.nodes["train"].properties["data"]["points"]
    assert told["digest"] != shop.digest
    assert {key: told[key] for key in ("dataset", "how", "store")} == {
        "dataset": "shop", "how": "mount", "store": {"endpoint": "https://x"},
    }  # fmt: skip
    (own,) = found.data
    assert own.mounted_by == "data.mount"
    assert "credential" not in str(told)
    bare = asked(topology(JOB), {"points": {"address": "file:/srv/nfs", "how": "mount"}}).data
    assert [(each.mounted_by, each.manifest.pieces) for each in bare] == [("data.path", ())]
    for refused in ("rclone:hub:x", "doi:10.7910/DVN/ABC#a", "datasets/points"):
        with pytest.raises(ValueError, match=r"the data `points` cannot be mounted: its address"):
            asked(topology(JOB), {"points": {"address": refused, "how": "mount"}})


def test_a_data_mount_says_how() -> None:
    shop = Dataset("points", "", "webdavs://x/points", made_of([Piece("a", "0" * 64)]), 3, {})
    mount = node("photos", "DataMount", source="points", kind="dataset", how="mount")
    own = topology(mount, JOB, edges=(edge("train", "photos"),))
    found = given(own, {}, {}, {"points": shop}, bytes)
    assert found.topology.nodes["train"].properties["data"]["photos"]["how"] == "mount"


@pytest.mark.parametrize(
    ("address", "by"),
    [
        ("nfs://n.example.org/a/b", "data.nfs"),
        ("pvc://scans/a", "data.claim"),
        ("pvc://scans", "data.claim"),
        ("nfs://n.example.org/../x", ""),
        ("nfs://n.example.org", ""),
        ("pvc://Scans/a", ""),
        ("pvc://scans/a/../../b", ""),
    ],
)
def test_what_nodes_mount_is_mounted_alone(address: str, by: str) -> None:
    entry = {"address": address, "how": "mount"}
    if not by:
        with pytest.raises(ValueError, match="the data `points` "):
            asked(topology(JOB), {"points": entry})
        return
    assert [each.mounted_by for each in asked(topology(JOB), {"points": entry}).data] == [by]
    with pytest.raises(ValueError, match="can be mounted alone"):
        asked(topology(JOB), {"points": {"address": address, "sums": {"a": "0" * 64}, "bytes": 1}})
