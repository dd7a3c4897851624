"""A control plane that Go builds, and nodes that only it knows: `make cluster`.

No part of `make test`: the first run builds for minutes.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from cluster import devices
from cluster.advertised import BECOMES
from cluster.control_plane import Cluster

pytestmark = [pytest.mark.slow, pytest.mark.system("go"), pytest.mark.starts("a control plane")]
PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
GPU = "nvidia.com/gpu"


def pod(name: str, **spec: Any) -> dict[str, Any]:
    container = {"name": "main", "image": "busybox", **spec.pop("container", {})}
    about = {"name": name, "annotations": spec.pop("annotations", {})}
    return {"metadata": about, "spec": {"containers": [container], **spec}}


def on(cluster: Cluster, name: str) -> str:
    """The node that a pod was bound to and runs on."""
    told = cluster.client().until(
        f"{PODS}/{name}", lambda each: each["status"]["phase"] == "Running"
    )
    return str(told["spec"]["nodeName"])


def unschedulable(cluster: Cluster, name: str) -> str:
    """Why a pod is bound to no node."""

    def says(told: dict[str, Any]) -> str:
        for each in told["status"].get("conditions", []):
            if each.get("reason") == "Unschedulable":
                return str(each["message"])
        return ""

    return says(cluster.client().until(f"{PODS}/{name}", says))


def test_a_deployment_becomes_pods_that_are_ready(cluster: Cluster) -> None:
    client = cluster.client()
    cluster.advertised.add(2, "plain")
    labels = {"app": "three"}
    client.make(DEPLOYMENTS, {
        "metadata": {"name": "three"},
        "spec": {
            "replicas": 3, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod("")["spec"]},
        },
    })  # fmt: skip
    told = client.until(
        f"{DEPLOYMENTS}/three", lambda each: each["status"].get("readyReplicas") == 3
    )
    assert told["status"]["availableReplicas"] == 3
    assert len(client.get("/apis/apps/v1/namespaces/default/replicasets")["items"]) == 1
    client.ask("DELETE", f"{DEPLOYMENTS}/three")
    selected = f"{PODS}?labelSelector=app%3Dthree"
    client.until(selected, lambda each: not each["items"])


def test_cards_of_two_models_are_told_apart_and_run_out(cluster: Cluster) -> None:
    client = cluster.client()
    for model, count in (("a100", 1), ("h100", 2)):
        label = {"nvidia.com/gpu.product": model}
        cluster.advertised.add(1, model, label, {GPU: str(count)})
    wants = {"resources": {"limits": {GPU: "1"}}}
    chosen = {"nvidia.com/gpu.product": "a100"}
    client.make(PODS, pod("first", container=wants, nodeSelector=chosen))
    assert on(cluster, "first") == "a100-0"
    client.make(PODS, pod("second", container=wants, nodeSelector=chosen))
    assert "Insufficient nvidia.com/gpu" in unschedulable(cluster, "second")
    client.make(PODS, pod("third", container=wants, nodeSelector={
        "nvidia.com/gpu.product": "h100",
    }))  # fmt: skip
    assert on(cluster, "third") == "h100-0"


def test_a_device_is_claimed_by_what_it_is(cluster: Cluster) -> None:
    client = cluster.client()
    [node] = cluster.advertised.add(1, "claimed")
    models = {"gpu-0": {"productName": "NVIDIA A100"}, "gpu-1": {"productName": "NVIDIA H100"}}
    devices.publish(client, node, models)
    rule = f"device.attributes['{devices.DRIVER}'].productName == 'NVIDIA H100'"
    exactly = {"deviceClassName": devices.DRIVER, "selectors": [{"cel": {"expression": rule}}]}
    client.make("/apis/resource.k8s.io/v1/namespaces/default/resourceclaimtemplates", {
        "metadata": {"name": "h100"},
        "spec": {"spec": {"devices": {"requests": [{"name": "gpu", "exactly": exactly}]}}},
    })  # fmt: skip
    asks = [{"name": "gpu", "resourceClaimTemplateName": "h100"}]
    uses = {"resources": {"claims": [{"name": "gpu"}]}}
    client.make(PODS, pod("claims", container=uses, resourceClaims=asks))
    assert on(cluster, "claims") == node
    [claim] = client.get("/apis/resource.k8s.io/v1/namespaces/default/resourceclaims")["items"]
    [given] = claim["status"]["allocation"]["devices"]["results"]
    assert (given["device"], given["pool"]) == ("gpu-1", node)
    client.make(PODS, pod("too-late", container=uses, resourceClaims=asks))
    assert "cannot allocate all claims" in unschedulable(cluster, "too-late")


@pytest.mark.parametrize("becomes", ["Succeeded", "Failed", "ImagePullBackOff"])
def test_a_pod_becomes_what_it_is_told(cluster: Cluster, becomes: str) -> None:
    client = cluster.client()
    cluster.advertised.add(1, becomes.lower())
    name = f"becomes-{becomes.lower()}"
    client.make(PODS, pod(name, annotations={BECOMES: becomes}))
    told = client.until(f"{PODS}/{name}", lambda each: each["status"].get("containerStatuses"))
    [state] = told["status"]["containerStatuses"][0]["state"].values()
    assert state["reason"] == becomes


def test_an_api_server_that_comes_back_has_kept_all(cluster: Cluster) -> None:
    client = cluster.client()
    made = client.make("/api/v1/namespaces", {"metadata": {"name": "kept"}})
    cluster.restart("kube-apiserver")
    assert client.get("/api/v1/namespaces/kept")["metadata"]["uid"] == made["metadata"]["uid"]


def test_a_thousand_nodes(cluster: Cluster) -> None:
    client = cluster.client()
    began = time.monotonic()
    taint = [{"key": "many", "effect": "NoSchedule"}]
    names = cluster.advertised.add(1000, "many", capacity={GPU: "4"}, taints=taint)
    took = time.monotonic() - began
    found = {each["metadata"]["name"]: each for each in client.get("/api/v1/nodes")["items"]}
    assert set(names) <= set(found)
    assert found["many-999"]["status"]["allocatable"][GPU] == "4"
    print(f"1,000 nodes in {took:.0f} s")
    wants = {"resources": {"limits": {GPU: "4"}}}
    client.make(PODS, pod("big", container=wants, tolerations=[{"key": "many"}]))
    assert on(cluster, "big").startswith("many-")
