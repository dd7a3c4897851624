"""An update where no card is free for new pods beside the old ones: `make cluster`.

No part of `make test`: the first run builds for minutes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cluster.control_plane import Cluster
from pods.given import Run, cloud, means

from deepcat.clouds.kinds.kubernetes.kind import KIND

pytestmark = [pytest.mark.slow, pytest.mark.system("go"), pytest.mark.starts("a control plane")]
CARD = {"nvidia.com/gpu.product": "NVIDIA-ONLY-ONE"}
SHAPE = "nvidia.NVIDIA-ONLY-ONE.1"
_numbers = count()


@pytest.fixture(scope="module", autouse=True)
def node(cluster: Cluster) -> None:
    cluster.advertised.add(1, "only", CARD, {"nvidia.com/gpu": "1"})


@pytest.fixture
def lab(cluster: Cluster) -> Iterator[str]:
    client, name = cluster.client(), f"rollout-{next(_numbers)}"
    client.make("/api/v1/namespaces", {"metadata": {"name": name}})
    client.until(f"/api/v1/namespaces/{name}/serviceaccounts/default", bool)
    yield name
    client.ask("DELETE", f"/api/v1/namespaces/{name}")


@pytest.fixture
def run(cluster: Cluster, lab: str, tmp_path: Path) -> Iterator[Any]:
    made: list[Run] = []

    def one(name: str, content: bytes = b"a model", cards: int = 1, **own: Any) -> Run:
        keeper = {"module": "kubernetes", "shape": SHAPE, "needs": {"cpus": 0.5, "memory_MiB": 64}}
        where = cloud({"kubeconfig": f"file:{cluster.kubeconfig}"}, lab, wait=5, **own)
        more = {"keeper": keeper, "cards": {"server": cards}}
        made.append(Run(where, means(tmp_path), name, content, **more))
        return made[-1]

    yield one
    made[-1].step("delete")  # the one card is free for the next test


def planned(made: Run) -> Sequence[str]:
    """What a plan says of the change that a run would make."""
    sha256 = hashlib.sha256(made.content).hexdigest()
    model = {"name": "half", "version": 1, "archive": "m.tar.gz", "sha256": sha256}
    server = {"name": "server", "properties": {}, "requirements": {"model": ["model"]}}
    nodes = {"model": {"name": "model", "properties": model}, "server": server}
    steps = [{**made.values, "step": step, "node": node} for step, node in nodes.items()]
    return KIND.preview(made.cloud, made.means, steps)


def pods(cluster: Cluster, lab: str) -> list[str]:
    """The states of the pods that are there."""
    told = cluster.client().get(f"/api/v1/namespaces/{lab}/pods")["items"]
    return [each["metadata"]["labels"]["deepcat/state"] for each in told]


def test_no_room_beside_is_said_before_and_what_ran_goes_on(
    cluster: Cluster, lab: str, run: Any
) -> None:
    assert not run("r1").all().get("failed")
    before = pods(cluster, lab)
    other = run("r2", b"another")
    (said,) = (each for each in planned(other) if each.startswith("!"))
    assert f"no node has room for one more pod of `{SHAPE}`" in said
    assert "rollout: recreate" in said
    assert other.all()["deepcat_failure"]["code"] == "run/unschedulable"
    path = f"/api/v1/namespaces/{lab}/pods"
    cluster.client().until(path, lambda _: pods(cluster, lab) == before)


def test_old_pods_end_first_where_that_is_said(cluster: Cluster, lab: str, run: Any) -> None:
    assert not run("r1", rollout="recreate").all().get("failed")
    before = pods(cluster, lab)
    other = run("r2", b"another", rollout="recreate")
    assert "! the old pods end first: nobody answers until the new ones do" in planned(other)
    told = other.all()
    assert not told.get("failed"), told
    (after,) = pods(cluster, lab)
    assert [after] != before
    path = f"/apis/apps/v1/namespaces/{lab}/deployments"
    assert len(cluster.client().get(path)["items"]) == 1


def test_what_fails_then_lets_the_old_ones_begin_again(
    cluster: Cluster, lab: str, run: Any
) -> None:
    assert not run("r1", rollout="recreate").all().get("failed")
    before = pods(cluster, lab)
    told = run("r2", b"another", cards=2, rollout="recreate").all()
    assert told["deepcat_failure"]["code"] == "run/unschedulable"
    path = f"/api/v1/namespaces/{lab}/pods"
    cluster.client().until(path, lambda _: pods(cluster, lab) == before)
