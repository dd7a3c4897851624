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
from conformance.grounds.kubernetes import Kubernetes
from conformance.stand import Stand
from conformance.steps import take

pytestmark = [
    pytest.mark.slow,
    pytest.mark.system("go", "containerd", "runc", "busybox", "iptables"),
    pytest.mark.starts("a cluster with a real node"),
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root"),
]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    made = Kubernetes(tmp_path_factory.mktemp("ground"))
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
    steps(stand, ("release", "good"))
    stand.since = time.monotonic()
    alarm(ground, "ACTIVATE")
    try:
        steps(stand, ("deepcat", {"run": "apply --yes", "ends": 1}), ("mark", "told"))
        steps(stand, ("failures", [{"kind": "cloud", "message": ".*database space exceeded.*"}]))
        steps(stand, ("status", {"demo": {"status": "running"}}))
        # It still deletes then, but notes nothing.
        steps(stand, ("deepcat", {"run": "destroy demo --yes", "ends": 1}))
        steps(stand, ("there", ["demo"]))
    finally:
        alarm(ground, "DEACTIVATE")


def test_a_webhook_that_refuses(stand: Stand, ground: Kubernetes) -> None:
    stand.become("nothing")
    steps(stand, ("wish", "demo"), ("fault", "rubbish"))
    steps(stand, ("deepcat", {"run": "plan demo", "says": "the moon is not full"}))
    steps(stand, ("mark", "told in the plan"))
    steps(stand, ("deepcat", {"run": "apply --yes", "ends": 1}), ("mark", "told"))
    steps(stand, ("failures", [{"kind": "cloud", "message": ".*the moon is not full.*"}]))
    steps(stand, ("there", []), ("mend", None))
