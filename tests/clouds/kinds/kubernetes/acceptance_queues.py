"""Queues of Kueue, as a cluster knows them whose controller is not there: `make cluster`.

No part of `make test`: the first run builds for minutes. With its controller: `acceptance_kueue`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cluster.control_plane import Cluster
from pods.given import Run, cloud, means

pytestmark = [pytest.mark.slow, pytest.mark.system("go"), pytest.mark.starts("a control plane")]
GROUP = "kueue.x-k8s.io"
LABEL = f"{GROUP}/queue-name"
_numbers = count()


@pytest.fixture(scope="module", autouse=True)
def known(cluster: Cluster) -> None:
    cluster.advertised.add(1, "queued")
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1beta1", "served": True, "storage": True,
               "schema": {"openAPIV3Schema": schema}}  # fmt: skip
    names = {"plural": "localqueues", "singular": "localqueue", "kind": "LocalQueue"}
    spec = {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]}
    client = cluster.client()
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    client.make(path, {"metadata": {"name": f"localqueues.{GROUP}"}, "spec": spec})
    ends = time.monotonic() + 120
    while client.raw("GET", f"/apis/{GROUP}/v1beta1/localqueues")[0] != 200:
        assert time.monotonic() < ends
        time.sleep(0.2)


@pytest.fixture
def lab(cluster: Cluster) -> Iterator[str]:
    client, name = cluster.client(), f"queues-{next(_numbers)}"
    client.make("/api/v1/namespaces", {"metadata": {"name": name}})
    client.until(f"/api/v1/namespaces/{name}/serviceaccounts/default", bool)
    yield name
    client.ask("DELETE", f"/api/v1/namespaces/{name}")


def brought(cluster: Cluster, lab: str, root: Path, **own: Any) -> tuple[Any, dict[str, str]]:
    """What a run gave, and the labels of what keeps its pods."""
    where = cloud({"kubeconfig": f"file:{cluster.kubeconfig}"}, lab, **own)
    told = Run(where, means(root), "r1").all()
    path = f"/apis/apps/v1/namespaces/{lab}/deployments"
    found = cluster.client().get(path)["items"]
    return told, found[0]["metadata"]["labels"] if found else {}


def queue(cluster: Cluster, lab: str, name: str) -> None:
    path = f"/apis/{GROUP}/v1beta1/namespaces/{lab}/localqueues"
    made = {"apiVersion": f"{GROUP}/v1beta1", "kind": "LocalQueue", "metadata": {"name": name}}
    cluster.client().make(path, made)


def test_the_only_queue_lets_servers_in(cluster: Cluster, lab: str, tmp_path: Path) -> None:
    queue(cluster, lab, "all")
    told, labels = brought(cluster, lab, tmp_path)
    assert not told.get("failed"), told
    assert labels[LABEL] == "all"


def test_of_several_the_clouds_file_names_one(cluster: Cluster, lab: str, tmp_path: Path) -> None:
    queue(cluster, lab, "one")
    queue(cluster, lab, "two")
    told, labels = brought(cluster, lab, tmp_path / "a")
    assert told["deepcat_failure"]["code"] == "run/queue"
    assert "one, two" in told["deepcat_failure"]["message"]
    assert labels == {}
    told, labels = brought(cluster, lab, tmp_path / "b", queue="two")
    assert not told.get("failed"), told
    assert labels[LABEL] == "two"


def test_without_a_queue_nothing_is_said_of_one(cluster: Cluster, lab: str, tmp_path: Path) -> None:
    told, labels = brought(cluster, lab, tmp_path)
    assert not told.get("failed"), told
    assert LABEL not in labels
