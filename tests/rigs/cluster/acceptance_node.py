"""A real node: kubelet, containerd, runc and a network of pods. `make cluster`, as root.

No part of `make test`: the first run builds for minutes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster import devices
from cluster.control_plane import Cluster
from cluster.images import BUSYBOX
from cluster.streams import execute, through

pytestmark = [
    pytest.mark.slow,
    pytest.mark.system("go", "containerd", "runc", "busybox", "iptables"),
    pytest.mark.starts("a cluster with a real node"),
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root"),
]
PODS = "/api/v1/namespaces/default/pods"
SERVICES = "/api/v1/namespaces/default/services"
GPU = "nvidia.com/gpu"
SERVES = """\
mkdir /tmp/w
echo hello from $HOSTNAME >/tmp/w/index.html
echo it serves
exec httpd -f -p 8080 -h /tmp/w
"""


def pod(name: str, script: str, **container: Any) -> dict[str, Any]:
    spec = {"name": "main", "image": BUSYBOX, "command": ["sh", "-c", script], **container}
    about = {"name": name, "labels": {"app": name}}
    return {"metadata": about, "spec": {"containers": [spec], "terminationGracePeriodSeconds": 1}}


@pytest.fixture(scope="module")
def web(real_cluster: Cluster) -> str:
    probe = {"httpGet": {"port": 8080}, "periodSeconds": 1}
    real_cluster.client().make(PODS, pod("web", SERVES, readinessProbe=probe))
    ready(real_cluster, "web")
    return "web"


def ready(cluster: Cluster, name: str) -> dict[str, Any]:
    def is_ready(told: dict[str, Any]) -> bool:
        said = told["status"].get("conditions", [])
        return any(each["type"] == "Ready" and each["status"] == "True" for each in said)

    return cluster.client().until(f"{PODS}/{name}", is_ready)


def waits(cluster: Cluster, name: str, *reasons: str) -> str:
    """What a pod's container waits for, once it is one of these."""

    def said(told: dict[str, Any]) -> dict[str, str]:
        states = [each["state"] for each in told["status"].get("containerStatuses", [])]
        found = [each.get("waiting", {}) for each in states]
        return next((each for each in found if each.get("reason") in reasons), {})

    return said(cluster.client().until(f"{PODS}/{name}", said)).get("message", "")


def test_a_pod_runs_and_says_what_it_does(real_cluster: Cluster, web: str) -> None:
    status, said = real_cluster.client().raw("GET", f"{PODS}/{web}/log")
    assert (status, said) == (200, b"it serves\n")
    told = real_cluster.client().get(f"{PODS}/{web}")
    assert told["spec"]["nodeName"] == "node-0"
    assert told["status"]["containerStatuses"][0]["containerID"].startswith("containerd://")


def test_a_command_in_a_pod(real_cluster: Cluster, web: str) -> None:
    assert execute(real_cluster.client(), web, ["cat", "/tmp/w/index.html"]) == "hello from web\n"


def test_a_port_of_a_pod(real_cluster: Cluster, web: str) -> None:
    sent = b"GET / HTTP/1.0\r\n\r\n"
    assert through(real_cluster.client(), web, 8080, sent).endswith(b"hello from web\n")


def test_a_service_has_a_port_at_the_node(real_cluster: Cluster, web: str) -> None:
    made = real_cluster.client().make(SERVICES, {
        "metadata": {"name": web},
        "spec": {"type": "NodePort", "selector": {"app": web}, "ports": [{"port": 8080}]},
    })  # fmt: skip
    slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
    real_cluster.client().until(
        f"{slices}?labelSelector=kubernetes.io/service-name%3D{web}",
        lambda each: any(one["endpoints"] for one in each["items"]),
    )
    at = f"http://{real_cluster.real['node-0'].address}:{made['spec']['ports'][0]['nodePort']}/"
    assert answer(real_cluster, at) == "hello from web\n"


def answer(cluster: Cluster, at: str) -> str:
    """Of an address, once the node's proxy has heard of it."""
    found = ""

    def asked(_: dict[str, Any]) -> bool:
        nonlocal found
        try:
            with urllib.request.urlopen(at, timeout=5) as got:
                found = got.read().decode()
        except OSError:
            return False
        return True

    cluster.client().until("/version", asked)
    return found


def test_an_image_that_is_nowhere(real_cluster: Cluster) -> None:
    real_cluster.client().make(PODS, pod("no-image", "true", image="localhost:1/none:1"))
    said = waits(real_cluster, "no-image", "ErrImagePull", "ImagePullBackOff")
    assert "localhost:1/none:1" in said


def test_a_container_that_crashes(real_cluster: Cluster) -> None:
    real_cluster.client().make(PODS, pod("crashes", "exit 3"))
    assert "restarting failed container" in waits(real_cluster, "crashes", "CrashLoopBackOff")


def test_a_pod_of_the_restricted_standard(real_cluster: Cluster) -> None:
    shut = {
        "runAsNonRoot": True, "runAsUser": 1000, "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip
    asked = "id -u; touch /x 2>/dev/null || echo read-only; sleep 1000"
    real_cluster.client().make(PODS, pod("shut", asked, securityContext=shut))
    ready(real_cluster, "shut")
    real_cluster.client().until(f"{PODS}/shut", lambda _: logged(real_cluster, "shut"))
    assert logged(real_cluster, "shut") == "1000\nread-only\n"


def logged(cluster: Cluster, name: str) -> str:
    return cluster.client().raw("GET", f"{PODS}/{name}/log")[1].decode()


@pytest.fixture
def cards(real_cluster: Cluster) -> Iterator[devices.Counted]:
    made = devices.Counted(real_cluster.real["node-0"].library, GPU, ["GPU-0", "GPU-1"])
    made.begin()
    try:
        yield made
    finally:
        made.end()


def allots(count: str) -> Any:
    return lambda told: told["status"]["allocatable"].get(GPU) == count


def test_cards_that_a_plugin_tells_the_kubelet(
    real_cluster: Cluster, cards: devices.Counted
) -> None:
    client = real_cluster.client()
    client.until("/api/v1/nodes/node-0", allots("2"))
    wants = {"limits": {GPU: "2"}}
    client.make(PODS, pod("cards", "echo $NVIDIA_VISIBLE_DEVICES; sleep 1000", resources=wants))
    ready(real_cluster, "cards")
    client.until(f"{PODS}/cards", lambda _: logged(real_cluster, "cards"))
    assert set(logged(real_cluster, "cards").strip().split(",")) == {"GPU-0", "GPU-1"}
    cards.health({"GPU-1": "Unhealthy"})
    client.until("/api/v1/nodes/node-0", allots("1"))


def test_a_device_that_is_claimed(real_cluster: Cluster) -> None:
    client = real_cluster.client()
    node = real_cluster.real["node-0"]
    models: dict[str, dict[str, str | int]] = {"gpu-0": {"productName": "NVIDIA A100"}}
    driver = devices.Claimed(node.library, node.name, client, models)
    driver.begin()
    try:
        exactly = {"deviceClassName": devices.DRIVER}
        client.make("/apis/resource.k8s.io/v1/namespaces/default/resourceclaims", {
            "metadata": {"name": "one"},
            "spec": {"devices": {"requests": [{"name": "gpu", "exactly": exactly}]}},
        })  # fmt: skip
        claims = pod("claims", "sleep 1000", resources={"claims": [{"name": "gpu"}]})
        claims["spec"]["resourceClaims"] = [{"name": "gpu", "resourceClaimName": "one"}]
        client.make(PODS, claims)
        ready(real_cluster, "claims")
        client.ask("DELETE", f"{PODS}/claims")
        client.until(f"{PODS}?labelSelector=app%3Dclaims", lambda each: not each["items"])
    finally:
        driver.end()


def test_nothing_is_left() -> None:
    before = traces()
    folder = Path(tempfile.mkdtemp(prefix="dck-"))
    made = Cluster(folder, {"node-0": {}})
    try:
        made.begin()
        made.client().make(PODS, pod("one", "sleep 1000"))
        ready(made, "one")
        assert traces() != before
    finally:
        made.end()
        shutil.rmtree(folder)
    assert traces() == before


def traces() -> dict[str, list[str]]:
    """Mounts, links, rules and groups of processes of this machine."""

    def said(*words: str) -> list[str]:
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        return [line.split("@")[0] for line in sorted(done.stdout.splitlines()) if "dck" in line]

    groups = Path("/sys/fs/cgroup").glob("**/rig-dck-*")
    return {
        "mounts": [each for each in Path("/proc/mounts").read_text().splitlines() if "dck" in each],
        "links": said("ip", "-o", "link"), "routes": said("ip", "route"),
        "groups": sorted(map(str, groups)),
        "rules": subprocess.run(["iptables-save"], capture_output=True, text=True,
                                check=True).stdout.count("KUBE") * ["a rule"],
    }  # fmt: skip
