"""Kueue's own controller lets in what deepcat runs on a real node: `make cluster`, as root.

No part of `make test`: the first run builds for minutes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cluster import serving
from cluster.client import MERGE, Client
from cluster.control_plane import Cluster
from cluster.queueing import VERSION, let, queues
from pods.served import OnCluster, namespace
from pods.training import Trains, wheels

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.system("go", "containerd", "runc", "busybox", "iptables"),
    pytest.mark.starts("a cluster with a real node"),
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root"),
]
# A training of these tests asks for 550m and 576Mi.
ROOM = {"cpu": "1", "memory": "2Gi"}
_numbers = count()


@pytest.fixture(scope="module", autouse=True)
def kueue(real_cluster: Cluster) -> Iterator[None]:
    with queues(real_cluster):
        yield


@pytest.fixture(scope="module")
def image(real_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    return serving.image(real_cluster, tmp_path_factory.mktemp("images"))


@pytest.fixture
def lab(real_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    wheels(tmp_path, monkeypatch)
    with namespace(real_cluster, f"kueue-{next(_numbers)}") as name:
        yield name


def workloads(cluster: Cluster, lab: str) -> list[dict[str, Any]]:
    return list(cluster.client().get(f"/apis/{VERSION}/namespaces/{lab}/workloads")["items"])


def stops(client: Client, name: str, how: str) -> None:
    """Let a queue take out what it has let in, or let things in again."""
    path = f"/apis/{VERSION}/clusterqueues/{name}"
    status, told = client.ask("PATCH", path, {"spec": {"stopPolicy": how}}, MERGE)
    assert status == 200, told


def none_left(cluster: Cluster, lab: str) -> None:
    path = f"/apis/{VERSION}/namespaces/{lab}/workloads"
    cluster.client().until(path, lambda told: not told["items"], patience_s=60)


def refused(trains: Trains, code: str) -> str:
    """What is said of a training that is not taken, for that reason."""
    with pytest.raises(AssertionError, match=code):
        trains.begin({}, {})
    return trains.said[-1]


def served(cluster: Cluster, lab: str, image: str, root: Path) -> OnCluster:
    catalog = OnCluster(root / "catalog", {
        "login": {"kubeconfig": f"file:{cluster.kubeconfig}"}, "namespace": lab, "image": image,
    })  # fmt: skip
    catalog.begin(cluster.kubeconfig)
    return catalog


def test_one_that_has_no_room_waits_until_another_has_gone(
    real_cluster: Cluster, lab: str, image: str, tmp_path: Path
) -> None:
    let(real_cluster.client(), lab, lab, ROOM)
    holds = {"jobs": {"holds": 60}}
    first = Trains(real_cluster, lab, image, tmp_path, "first", **holds)
    second = Trains(real_cluster, lab, image, tmp_path, "second", **holds)
    assert first.begin({"epochs": 3}, {})
    assert [each["spec"]["queueName"] for each in workloads(real_cluster, lab)] == [lab]
    assert second.begin({"epochs": 2}, {})
    told = second.told()
    assert told["state"] == "waiting"
    assert f"insufficient unused quota for cpu in flavor {lab}" in told["waits"]
    assert first.until("ended")["exit_status"] == 0
    assert second.until("ended")["exit_status"] == 0
    assert second.told()["waits"] == ""
    for each in (first, second):
        each.delete()
    none_left(real_cluster, lab)


def test_one_that_is_larger_than_all_of_it_is_told(
    real_cluster: Cluster, lab: str, image: str, tmp_path: Path
) -> None:
    let(real_cluster.client(), lab, lab, {**ROOM, "cpu": "100m"})
    trains = Trains(real_cluster, lab, image, tmp_path)
    said = refused(trains, "run/quota")
    assert "insufficient quota for cpu" in said
    assert "> maximum capacity (100m)" in said
    trains.delete()
    none_left(real_cluster, lab)


def test_a_resource_that_a_queue_does_not_give_is_told(
    real_cluster: Cluster, lab: str, image: str, tmp_path: Path
) -> None:
    let(real_cluster.client(), lab, lab, {"cpu": "1"})
    trains = Trains(real_cluster, lab, image, tmp_path)
    said = refused(trains, "run/quota")
    assert "unavailable in ClusterQueue" in said
    trains.delete()
    none_left(real_cluster, lab)


def test_a_queue_that_is_not_there_is_told(
    real_cluster: Cluster, lab: str, image: str, tmp_path: Path
) -> None:
    trains = Trains(real_cluster, lab, image, tmp_path, queue="none")
    said = refused(trains, "run/queue")
    assert "LocalQueue none doesn't exist" in said
    trains.delete()
    none_left(real_cluster, lab)


def test_one_that_its_queue_takes_out_waits_and_begins_again(
    real_cluster: Cluster, lab: str, image: str, tmp_path: Path
) -> None:
    client = real_cluster.client()
    let(client, lab, lab, ROOM)
    trains = Trains(real_cluster, lab, image, tmp_path, jobs={"holds": 60})
    assert trains.begin({"epochs": 900, "pause": 0.5}, {})
    trains.until("running")
    stops(client, lab, "HoldAndDrain")
    assert f"ClusterQueue {lab} is inactive" in trains.until("waiting")["waits"]
    stops(client, lab, "None")
    assert trains.until("running")["waits"] == ""
    trains.delete()
    none_left(real_cluster, lab)


def test_a_server_is_let_in_and_a_change_that_has_no_room_beside_it_is_told(
    real_cluster: Cluster, lab: str, image: str, tmp_path: Path
) -> None:
    let(real_cluster.client(), lab, lab, ROOM)
    catalog = served(real_cluster, lab, image, tmp_path)
    assert "5 samples passed" in catalog.apply()
    assert catalog.predict() == [2.5]
    assert [each["spec"]["queueName"] for each in workloads(real_cluster, lab)] == [lab]
    catalog.release("1.1.0")
    said = catalog.apply(ok=False)
    assert "run/unschedulable" in said
    assert f"insufficient unused quota for cpu in flavor {lab}" in said
    assert catalog.predict() == [2.5]
    cloud = catalog.root / "clouds" / "bare.yaml"
    told = json.loads(cloud.read_text())
    told["kubernetes"]["rollout"] = "recreate"
    cloud.write_text(json.dumps(told))
    catalog.commit()
    assert "5 samples passed" in catalog.apply()
    assert catalog.state()["version"] == "1.1.0"
    assert catalog.predict() == [2.5]
    (catalog.root / "deployments" / "demo.yaml").unlink()
    catalog.commit()
    catalog.apply()
    none_left(real_cluster, lab)


def test_a_server_that_its_queue_will_never_let_in_is_told_and_leaves_nothing(
    real_cluster: Cluster, lab: str, image: str, tmp_path: Path
) -> None:
    let(real_cluster.client(), lab, lab, {**ROOM, "cpu": "10m"})
    catalog = served(real_cluster, lab, image, tmp_path)
    said = catalog.apply(ok=False)
    assert "run/quota" in said
    assert "> maximum capacity (10m)" in said
    none_left(real_cluster, lab)
