"""How many of a server run, found by the cluster itself from what metrics-server measures on a real
node: `make cluster`, as root.

No part of `make test`: the first run builds for minutes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from cluster import serving
from cluster.control_plane import Cluster
from cluster.measuring import measures
from pods.given import Run, cloud, means
from pods.served import HALF, OnCluster, asked, namespace, proved
from ssh_catalog import MODULE
from waiting import until

from deepcat.errors import DeepcatError
from deepcat.serving.client.rest import Client

pytestmark = [
    pytest.mark.slow,
    pytest.mark.system("go", "containerd", "runc", "busybox", "iptables"),
    pytest.mark.starts("a cluster with a real node"),
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root"),
]
LEAST, MOST = 1, 2
SCALES = {"scalable": {"min_instances": LEAST, "max_instances": MOST}}
_numbers = count()


@pytest.fixture(scope="module", autouse=True)
def measured(real_cluster: Cluster) -> Iterator[None]:
    with measures(real_cluster):
        yield


@pytest.fixture
def lab(real_cluster: Cluster) -> Iterator[str]:
    with namespace(real_cluster, f"measured-{next(_numbers)}") as name:
        yield name


def test_a_server_grows_while_it_is_busy_and_shrinks_again_without_a_lost_request(
    real_cluster: Cluster, lab: str, tmp_path: Path
) -> None:
    login = {"kubeconfig": f"file:{real_cluster.kubeconfig}"}
    image = serving.image(real_cluster, tmp_path)
    where = cloud(login, lab, image=image, endpoint={"node_port": {}})
    keeper = {"module": "kubernetes", "shape": "cpu", "needs": {"cpus": 0.1, "memory_MiB": 64}}
    made = Run(where, means(tmp_path), "r1", HALF, timeout=600, keeper=keeper)
    told = proved(made, capabilities=SCALES)
    assert told["deepcat"]["samples"]["passed"] == 1, told
    at = made.step("settle")["deepcat"]["endpoints"]["rest"]
    client, pods = real_cluster.client(), f"/api/v1/namespaces/{lab}/pods"
    kept = f"/apis/apps/v1/namespaces/{lab}/deployments"

    def run(count: int) -> None:
        client.until(kept, lambda told: [
            each["status"].get("readyReplicas") for each in told["items"]
        ] == [count])  # fmt: skip
        client.until(pods, lambda told: len(told["items"]) == count)

    def ask() -> object:
        return Client(at, timeout_s=60).call("half", "predict", {"instances": [1.0]})

    def answers() -> bool:
        try:
            return bool(ask())
        except DeepcatError:
            return False

    run(LEAST)
    until(answers)  # the node's own rules for a new port come a moment later
    with asked(ask, pause_s=1.0) as few:
        with asked(ask, at_once=4, pause_s=0) as many:
            run(MOST)
            many.more(20)
        run(LEAST)
        few.more(5)
    assert (few.lost, many.lost) == ([], [])
    assert made.step("delete")["changed"]


def test_the_plan_takes_bounds(real_cluster: Cluster, lab: str, tmp_path: Path) -> None:
    login = {"kubeconfig": f"file:{real_cluster.kubeconfig}"}
    own = cloud(login, lab).data["kubernetes"]
    catalog = OnCluster(tmp_path / "catalog", own)
    catalog.begin(real_cluster.kubeconfig)
    topology = catalog.root / "modules" / MODULE / "tosca.yaml"
    server = "      type: deepcat.nodes.ModelServer\n"
    bounds = f"{{min_instances: {LEAST}, max_instances: {MOST}}}"
    scales = f"      capabilities: {{scalable: {{properties: {bounds}}}}}\n"
    topology.write_text(topology.read_text().replace(server, server + scales))
    catalog.commit()
    assert "there: + HorizontalPodAutoscaler" in catalog.deepcat("plan")
