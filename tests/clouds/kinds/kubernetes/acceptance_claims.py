"""Accelerators that are claimed, on a real control plane: free ones, given ones, and those left.

`make cluster`.

No part of `make test`: the first run builds for minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from cluster.control_plane import Cluster
from cluster.devices import DRIVER, publish
from pods.given import Run, cloud, means

from deepcat.catalog.values import Cloud
from deepcat.clouds.kinds.kubernetes.kind import KIND
from deepcat.clouds.kinds.kubernetes.shapes import card

pytestmark = [pytest.mark.slow, pytest.mark.system("go"), pytest.mark.starts("a control plane")]
MAKE = "claim-gpu_nvidia_com.NVIDIA-A100-SXM4-40GB"
OTHER = "claim-gpu_nvidia_com.NVIDIA-H100"
_numbers = count()


@pytest.fixture(scope="module", autouse=True)
def nodes(cluster: Cluster) -> None:
    """Two makes, one of which is in the way of who takes any."""
    client = cluster.client()
    for name, product, cards in (("a", "NVIDIA A100-SXM4-40GB", 3), ("h", "NVIDIA H100", 1)):
        (node,) = cluster.advertised.add(1, f"claim-{name}")
        devices = {f"gpu-{each}": {"productName": product} for each in range(cards)}
        publish(client, node, devices)


@pytest.fixture
def lab(cluster: Cluster, tmp_path: Path) -> Iterator[Cloud]:
    client, name = cluster.client(), f"claims-{next(_numbers)}"
    client.make("/api/v1/namespaces", {"metadata": {"name": name}})
    client.until(f"/api/v1/namespaces/{name}/serviceaccounts/default", bool)
    yield cloud({"kubeconfig": f"file:{cluster.kubeconfig}"}, name, wait=10)
    client.ask("DELETE", f"/api/v1/namespaces/{name}")


def run(where: Cloud, root: Path, name: str, shape: str, cards: int) -> Run:
    keeper = {"module": "kubernetes", "shape": shape, "needs": {"cpus": 0.5, "memory_MiB": 64}}
    return Run(where, means(root), name, keeper=keeper, cards={"server": cards})


def free(where: Cloud, root: Path) -> dict[str, int | None]:
    probe = KIND.probe(where, means(root))
    assert probe.healthy, probe.detail
    return {each.name: each.free for each in probe.shapes if each.name.startswith("claim-")}


def test_pods_claim_what_is_free_and_leave_it_so(
    cluster: Cluster, lab: Cloud, tmp_path: Path
) -> None:
    before = free(lab, tmp_path)
    assert before == {f"{MAKE}.1": 3, f"{MAKE}.2": 1, f"{MAKE}.3": 1, f"{OTHER}.1": 1}
    made = run(lab, tmp_path, "r1", f"{MAKE}.2", 2)
    settled = made.all()
    assert not settled.get("failed"), settled
    space = str(lab.data["kubernetes"]["namespace"])
    claims = f"/apis/resource.k8s.io/v1/namespaces/{space}/resourceclaims"
    (claim,) = cluster.client().get(claims)["items"]
    given = claim["status"]["allocation"]["devices"]["results"]
    assert [(each["driver"], each["pool"]) for each in given] == [(DRIVER, "claim-a-0")] * 2
    assert free(lab, tmp_path) == {**before, f"{MAKE}.1": 1, f"{MAKE}.2": 0, f"{MAKE}.3": 0}
    assert made.step("delete")["changed"]
    for kind in ("resourceclaims", "resourceclaimtemplates"):
        path = f"/apis/resource.k8s.io/v1/namespaces/{space}/{kind}"
        cluster.client().until(path, lambda told: not told["items"])
    assert free(lab, tmp_path) == before


def test_another_state_claims_for_itself_and_the_old_ones_go(
    cluster: Cluster, lab: Cloud, tmp_path: Path
) -> None:
    shape = (f"{MAKE}.1", 1)
    assert not run(lab, tmp_path, "r1", *shape).all().get("failed")
    keeper = {"module": "kubernetes", "shape": shape[0], "needs": {"cpus": 0.5, "memory_MiB": 64}}
    other = Run(lab, means(tmp_path), "r2", b"another", keeper=keeper, cards={"server": 1})
    assert not other.all().get("failed")
    space = str(lab.data["kubernetes"]["namespace"])
    path = f"/apis/resource.k8s.io/v1/namespaces/{space}/resourceclaimtemplates"
    cluster.client().until(path, lambda told: len(told["items"]) == 1)
    other.step("delete")


def test_more_than_is_free_is_told_as_no_room(lab: Cloud, tmp_path: Path) -> None:
    made = run(lab, tmp_path, "r1", f"{OTHER}.1", 2)
    failure = made.all()["deepcat_failure"]
    assert (failure["kind"], failure["code"]) == ("capacity", "run/unschedulable")
    assert "cannot allocate all claims" in failure["message"]


@pytest.mark.parametrize(
    "shape", ['claim-gpu_x.A"b.1', "claim-.1", "claim-gpu_nvidia_com.A.x", "claim-A_b.1"]
)
def test_a_shape_that_says_something_else_is_none(shape: str) -> None:
    with pytest.raises(ValueError, match="is no shape of a cluster"):
        card(shape)
