"""What befalls a real cluster while its deployments are brought up, serve, or go: `make cluster`.

No part of `make test`: the first run builds for minutes. Each test says how long it took until
`deepcat status` told the truth, and until somebody was answered again.
"""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cluster.client import MERGE
from cluster.network import ip
from conformance.grounds.kubernetes import SPACE, Kubernetes
from conformance.stand import Stand
from conformance.steps import take
from waiting import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.system("go", "containerd", "runc", "busybox", "iptables"),
    pytest.mark.starts("a cluster with a real node"),
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root"),
]
GRACE_S = 40
LOST_S = 300.0
PODS = f"/api/v1/namespaces/{SPACE}/pods"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    made = Kubernetes(tmp_path_factory.mktemp("ground"), GRACE_S)
    try:
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def stand(ground: Kubernetes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    made = Stand(tmp_path_factory.mktemp("stand"), ground)
    made.begin()
    yield made
    made.end()


@pytest.fixture(autouse=True)
def told(
    stand: Stand, ground: Kubernetes, record_property: Callable[[str, object], None]
) -> Iterator[None]:
    """What was done to the cluster is undone; figures are shown."""
    stand.marks.clear()
    yield
    ground.mend()
    for name, seconds in stand.marks.items():
        record_property(name, seconds)
        print(f"{name}: {seconds:g} s")


def steps(stand: Stand, *given: tuple[str, Any]) -> None:
    for verb, value in given:
        take(stand, verb, value)


def meanwhile(stand: Stand, ground: Kubernetes, name: str, what: Callable[[], None]) -> None:
    """Let something happen in the middle of an apply, once pods are asked for."""
    ground.faults = {**ground.faults, name: lambda *_: what()}
    steps(stand, ("deepcat", {"run": "apply --yes", "at": 7, "fault": name, "ends": "anyhow"}))


def test_an_api_server_that_is_started_again_in_the_middle(
    stand: Stand, ground: Kubernetes
) -> None:
    stand.become("nothing")
    steps(stand, ("wish", "demo"))
    meanwhile(stand, ground, "restarted", lambda: ground.cluster.restart("kube-apiserver"))
    steps(stand, ("deepcat", "apply --yes"), ("mark", "serves"))
    steps(stand, ("status", {"demo": {"status": "running", "cloud": "first", "intent": {}}}))
    steps(stand, ("predict", "demo"), ("copies", 1))
    steps(stand, ("deepcat", {"run": "clouds orphans", "says": "No orphans"}))


def alarm(ground: Kubernetes, action: str) -> None:
    """Let etcd take no more writes, as when it is full; or let it take them again."""
    words = ground.cluster.api.running.words("etcd")
    at = next(word.partition("=")[2] for word in words if "--listen-client-urls" in word)
    asked = {"action": action, "memberID": 0, "alarm": "NOSPACE"}
    request = urllib.request.Request(f"{at}/v3/maintenance/alarm", json.dumps(asked).encode())
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200


def test_an_etcd_that_takes_no_writes(stand: Stand, ground: Kubernetes) -> None:
    stand.become("served")
    steps(stand, ("client", "begins"), ("release", "good"))
    stand.since = time.monotonic()
    alarm(ground, "ACTIVATE")
    try:
        steps(stand, ("deepcat", {"run": "apply --yes", "ends": 1}), ("mark", "told"))
        steps(stand, ("failures", [{"kind": "cloud", "message": ".*database space exceeded.*"}]))
        steps(stand, ("status", {"demo": {"status": "running"}}))
        steps(stand, ("deepcat", {"run": "destroy demo --yes", "ends": 1}))
        steps(stand, ("there", ["demo"]), ("predict", "demo"))
    finally:
        alarm(ground, "DEACTIVATE")
    steps(stand, ("client", "ends"))
    steps(stand, ("deepcat", "apply --yes"), ("mark", "serves the new one"))
    steps(stand, ("status", {"demo": {"status": "running", "version": "newest", "intent": {}}}))
    steps(stand, ("predict", "demo"), ("copies", 1))
    steps(stand, ("deepcat", "destroy demo --yes"), ("there", []))


def test_a_webhook_that_refuses(stand: Stand, ground: Kubernetes) -> None:
    stand.become("nothing")
    steps(stand, ("wish", "demo"), ("fault", "rubbish"))
    steps(stand, ("deepcat", {"run": "plan demo", "says": "the moon is not full"}))
    steps(stand, ("mark", "told in the plan"))
    steps(stand, ("deepcat", {"run": "apply --yes", "ends": 1}), ("mark", "told"))
    steps(stand, ("failures", [{"kind": "cloud", "message": ".*the moon is not full.*"}]))
    steps(stand, ("there", []), ("mend", None))


def test_an_eviction(stand: Stand, ground: Kubernetes) -> None:
    stand.become("served")
    client = ground.cluster.client()
    (pod,) = [each["metadata"]["name"] for each in client.get(PODS)["items"]
              if "deletionTimestamp" not in each["metadata"]]  # fmt: skip
    stand.since = time.monotonic()
    about = {"metadata": {"name": pod, "namespace": SPACE}}
    client.make(f"{PODS}/{pod}/eviction", {"apiVersion": "policy/v1", "kind": "Eviction", **about})
    steps(stand, ("until", {"within_s": 120, "steps": {"predict": "demo"}}))
    steps(stand, ("mark", "answers again"))
    steps(stand, ("until", {"within_s": 120, "steps": {"copies": 1}}))
    assert pod not in [each["metadata"]["name"] for each in client.get(PODS)["items"]]
    steps(stand, ("status", {"demo": "running"}), ("plan", {"demo": "none"}))


def test_a_node_that_is_lost_and_comes_back(stand: Stand, ground: Kubernetes) -> None:
    stand.become("served")
    link = ground.cluster.link("node-0")
    stand.since = time.monotonic()
    ip(f"link set {link} down")
    try:
        steps(stand, ("until", {"within_s": LOST_S, "steps": {"status": {"demo": "failed"}}}))
        steps(stand, ("mark", "told"))
        steps(stand, ("wish", {"demo": {"clouds": ["first", "second"]}}))
        steps(stand, ("deepcat", {"run": "apply --yes", "ends": "anyhow"}))
        steps(stand, ("status", {"demo": {"status": "running", "cloud": "second"}}))
        steps(stand, ("predict", "demo"), ("mark", "answers elsewhere"))
    finally:
        ip(f"link set {link} up")
    client = ground.cluster.client()
    client.until("/api/v1/nodes/node-0", lambda told: any(
        c["type"] == "Ready" and c["status"] == "True" for c in told["status"]["conditions"]
    ))  # fmt: skip
    steps(stand, ("deepcat", {"run": "clouds orphans --sweep --yes", "ends": "anyhow"}))
    until(lambda: client.get(PODS)["items"] == [], 120)
    steps(stand, ("deepcat", {"run": "clouds orphans", "says": "No orphans"}))
    steps(stand, ("copies", 1), ("predict", "demo"))


def test_a_namespace_that_is_being_deleted(stand: Stand, ground: Kubernetes) -> None:
    stand.become("served")
    client, path = ground.cluster.client(), f"/api/v1/namespaces/{SPACE}"
    # Its own account, and what that may do, goes with the namespace.
    ground.login(client.token)
    kept = {"metadata": {"name": "kept", "finalizers": ["example.org/kept"]}}
    client.make(f"{path}/configmaps", kept)
    stand.since = time.monotonic()
    client.ask("DELETE", path)
    try:
        client.until(path, lambda told: told["status"]["phase"] == "Terminating")
        steps(stand, ("until", {"within_s": 120, "steps": {"status": {"demo": "failed"}}}))
        steps(stand, ("mark", "told"))
        words = "is being terminated"
        steps(stand, ("deepcat", {"run": "apply --yes", "ends": 1, "says": words}))
        steps(stand, ("wish", {"demo": {"clouds": ["first", "second"]}}))
        steps(stand, ("deepcat", "apply --yes"), ("mark", "answers elsewhere"))
        steps(stand, ("status", {"demo": {"status": "running", "cloud": "second"}}))
        steps(stand, ("predict", "demo"))
    finally:
        client.ask("PATCH", f"{path}/configmaps/kept", {"metadata": {"finalizers": None}}, MERGE)
    until(lambda: client.ask("GET", path)[0] == 404, 120)
    steps(stand, ("copies", 1), ("predict", "demo"))
