"""How many of a server run on a real control plane, and who says so: `make cluster`.

No part of `make test`: the first run builds for minutes. Its nodes are objects of the API alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cluster.client import MERGE
from cluster.control_plane import Cluster
from pods.given import Run, cloud, means

from deepcat.clouds.kinds.kubernetes.kind import KIND

pytestmark = [pytest.mark.slow, pytest.mark.system("go"), pytest.mark.starts("a control plane")]
APPS, SCALERS = "/apis/apps/v1/{}deployments", "/apis/autoscaling/v2/{}horizontalpodautoscalers"
MEASURES = "deepcat.nodes.ModelServer.scalable.max_instances"
_numbers = count()


@pytest.fixture(scope="module", autouse=True)
def nodes(cluster: Cluster) -> None:
    cluster.advertised.add(2, "several")


@pytest.fixture
def lab(cluster: Cluster) -> Iterator[str]:
    client, name = cluster.client(), f"several-{next(_numbers)}"
    client.make("/api/v1/namespaces", {"metadata": {"name": name}})
    client.until(f"/api/v1/namespaces/{name}/serviceaccounts/default", bool)
    yield name
    client.ask("DELETE", f"/api/v1/namespaces/{name}")


@pytest.fixture
def run(cluster: Cluster, lab: str, tmp_path: Path) -> Callable[..., Run]:
    login = {"kubeconfig": f"file:{cluster.kubeconfig}"}

    def made(name: str, content: bytes = b"a model") -> Run:
        return Run(cloud(login, lab, wait=30), means(tmp_path), name, content)

    return made


def listed(cluster: Cluster, path: str, lab: str) -> list[dict[str, Any]]:
    return list(cluster.client().get(path.format(f"namespaces/{lab}/"))["items"])


def settled(told: Any) -> Any:
    assert not told.get("failed"), told
    return told["deepcat"]


def scales(least: int, most: int) -> dict[str, Any]:
    return {"capabilities": {"scalable": {"min_instances": least, "max_instances": most}}}


def ready(cluster: Cluster, lab: str) -> int:
    (one,) = listed(cluster, APPS, lab)
    return int(one["status"].get("readyReplicas", 0))


def test_replicas_are_as_many_as_asked(cluster: Cluster, lab: str, run: Callable[..., Run]) -> None:
    settled(run("r1").all(properties={"replicas": 2}))
    assert ready(cluster, lab) == 2
    (before,) = listed(cluster, APPS, lab)
    settled(run("r2").all(properties={"replicas": 3}))
    (after,) = listed(cluster, APPS, lab)
    assert after["metadata"]["uid"] == before["metadata"]["uid"], "none that runs begins anew"
    assert ready(cluster, lab) == 3
    settled(run("r3").all())
    (last,) = listed(cluster, APPS, lab)
    assert last["spec"]["replicas"] == 1
    assert run("r4").step("delete")["changed"]
    assert listed(cluster, APPS, lab) == []


def test_a_scaler_goes_with_the_service(
    cluster: Cluster, lab: str, run: Callable[..., Run]
) -> None:
    client = cluster.client()
    settled(run("r1").all(**scales(2, 4)))
    (scaler,), (first,) = listed(cluster, SCALERS, lab), listed(cluster, APPS, lab)
    spec = scaler["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 4)
    assert spec["scaleTargetRef"]["name"] == first["metadata"]["name"]
    assert ready(cluster, lab) == 2
    # As the cluster itself would, had it found the pods too busy.
    at = f"{APPS.format(f'namespaces/{lab}/')}/{first['metadata']['name']}"
    assert client.ask("PATCH", f"{at}/scale", {"spec": {"replicas": 4}}, MERGE)[0] == 200
    client.until(at, lambda told: told["status"].get("readyReplicas") == 4)
    settled(run("r2").all(**scales(2, 4)))
    assert client.get(at)["spec"]["replicas"] == 4, "what the cluster found right stays"
    # Another model has pods of its own, beside the old ones until it is proved.
    new = run("r3", b"another model")
    for told in new.made(**scales(2, 4)):
        assert not told.get("failed"), told
    (scaler,) = listed(cluster, SCALERS, lab)
    assert scaler["spec"]["scaleTargetRef"]["name"] == first["metadata"]["name"]
    assert not new.step("prove").get("failed")
    settled(new.step("settle"))
    (scaler,), (second,) = listed(cluster, SCALERS, lab), listed(cluster, APPS, lab)
    assert second["metadata"]["name"] != first["metadata"]["name"]
    assert scaler["spec"]["scaleTargetRef"]["name"] == second["metadata"]["name"]
    settled(run("r4", b"another model").all())
    assert listed(cluster, SCALERS, lab) == []
    assert run("r5").step("delete")["changed"]
    assert listed(cluster, APPS, lab) == []


def test_what_failed_leaves_the_scaler_with_what_serves(
    cluster: Cluster, lab: str, run: Callable[..., Run]
) -> None:
    settled(run("r1").all(**scales(1, 2)))
    (first,) = listed(cluster, APPS, lab)
    new = run("r2", b"another model")
    new.made(**scales(1, 3))
    assert new.step("abandon")["deepcat"] == {"left": True}
    (scaler,), (left,) = listed(cluster, SCALERS, lab), listed(cluster, APPS, lab)
    assert left["metadata"]["name"] == first["metadata"]["name"]
    assert scaler["spec"]["scaleTargetRef"]["name"] == first["metadata"]["name"]
    assert scaler["spec"]["maxReplicas"] == 2
    assert run("r3").step("delete")["changed"]
    assert listed(cluster, SCALERS, lab) == []


def test_scaling_is_taken_where_the_cluster_measures(
    cluster: Cluster, lab: str, run: Callable[..., Run]
) -> None:
    made = run("r1")
    probe = KIND.probe(made.cloud, made.means)
    assert probe.carries is not None
    assert MEASURES not in probe.carries
    client, services = cluster.client(), "/apis/apiregistration.k8s.io/v1/apiservices"
    name = "v1beta1.metrics.k8s.io"
    client.make(services, {
        "metadata": {"name": name},
        "spec": {"group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100,
                 "versionPriority": 100, "insecureSkipTLSVerify": True,
                 "service": {"name": "metrics-server", "namespace": "kube-system"}},
    })  # fmt: skip
    try:
        client.until("/apis/metrics.k8s.io", bool)
        probe = KIND.probe(made.cloud, made.means)
        assert probe.healthy, probe.detail
        assert probe.carries is not None
        assert MEASURES in probe.carries
    finally:
        client.ask("DELETE", f"{services}/{name}")
