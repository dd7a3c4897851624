"""Manifests held to a real API server that Go builds: `make cluster`.

No part of `make test`: the first run builds it for minutes.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from cluster.api_server import APPLY, ApiServer
from cluster.built import version

from deepcat.clouds.manifests import cards, objects
from deepcat.clouds.manifests.values import Model, Served

pytestmark = [pytest.mark.slow, pytest.mark.starts("an API server")]
CONTENT = b"an archive" * 100_000
HALF = Model("half", 1, hashlib.sha256(CONTENT).hexdigest(), content=CONTENT)
FAR = Model("far", 2, "f" * 64, "https://example.org/far.tar.gz")
SERVED = Served(
    "demo", "registry.example/serving:1", (HALF, FAR), namespace="lab", replicas=1, most=3,
    batching={"max_batch_size": 8}, environment={"A": "b"}, memory_MiB=512,
    card=cards.card(1, product="NVIDIA-A100-PCIE-40GB"),
)  # fmt: skip
PLURAL = {
    "ConfigMap": "api/v1/{}/configmaps",
    "Service": "api/v1/{}/services",
    "Deployment": "apis/apps/v1/{}/deployments",
    "PodDisruptionBudget": "apis/policy/v1/{}/poddisruptionbudgets",
    "NetworkPolicy": "apis/networking.k8s.io/v1/{}/networkpolicies",
    "HorizontalPodAutoscaler": "apis/autoscaling/v2/{}/horizontalpodautoscalers",
}
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    made = ApiServer(tmp_path_factory.mktemp("cluster"))
    try:
        made.begin()
        namespace = {"metadata": {"name": "lab", "labels": RESTRICTED}}
        assert made.ask("POST", "/api/v1/namespaces", namespace)[0] == 201
        # Which else a controller makes.
        account = {"metadata": {"name": "default"}}
        assert made.ask("POST", "/api/v1/namespaces/lab/serviceaccounts", account)[0] == 201
        yield made
    finally:
        made.end()


def path(document: dict[str, Any]) -> str:
    where = PLURAL[document["kind"]].format("namespaces/lab")
    return f"/{where}/{document['metadata']['name']}?fieldManager=deepcat&fieldValidation=Strict"


def applied(cluster: ApiServer) -> dict[str, str]:
    """Each object -> its version, once all were applied."""
    found = {}
    for document in objects.objects(SERVED):
        status, told = cluster.ask("PATCH", path(document), document, APPLY)
        assert status in (200, 201), told
        found[path(document)] = told["metadata"]["resourceVersion"]
    return found


def test_it_is_the_version_that_was_pinned(cluster: ApiServer) -> None:
    assert cluster.ask("GET", "/version")[1]["gitVersion"] == version()


def test_all_is_taken_and_applied_again_changes_nothing(cluster: ApiServer) -> None:
    first = applied(cluster)
    assert len(first) == len(objects.objects(SERVED))
    again = applied(cluster)
    assert again == first


def test_the_restricted_standard_admits_its_pods(cluster: ApiServer) -> None:
    """And refuses the same pod once any one word of it is taken away."""
    pod = {"metadata": {"name": "demo"}, "spec": objects.pod(SERVED)}
    where = "/api/v1/namespaces/lab/pods?dryRun=All&fieldValidation=Strict"
    status, told = cluster.ask("POST", where, pod)
    assert status == 201, told
    for spoilt in (_without_seccomp, _with_privileges, _as_root):
        other = copy.deepcopy(pod)
        spoilt(other["spec"])
        status, told = cluster.ask("POST", where, other)
        assert status == 403
        assert "violates PodSecurity" in told["message"]


def _without_seccomp(spec: dict[str, Any]) -> None:
    del spec["securityContext"]["seccompProfile"]


def _with_privileges(spec: dict[str, Any]) -> None:
    spec["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True


def _as_root(spec: dict[str, Any]) -> None:
    spec["securityContext"]["runAsUser"] = 0
