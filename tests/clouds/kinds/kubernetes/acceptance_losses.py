"""What a cluster loses while deployments come up or serve: `make cluster`.

No part of `make test`: the first run builds for minutes. Its nodes are objects of the API alone.
Each test prints how long it took until the truth was told, and until it was served again.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cluster.control_plane import Cluster
from pods.given import Run, cloud
from waiting import until

from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.kubernetes.kind import KIND

pytestmark = [pytest.mark.slow, pytest.mark.system("go"), pytest.mark.starts("a control plane")]
TRUTH_S = 30.0
NODE = "loses-0"
_KINDS = (
    "/api/v1/namespaces/{}/configmaps",
    "/api/v1/namespaces/{}/services",
    "/api/v1/namespaces/{}/pods",
    "/apis/apps/v1/namespaces/{}/deployments",
    "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
    "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
)
_numbers = count()


@pytest.fixture(scope="module")
def alone() -> Iterator[Cluster]:
    """A control plane of its own, with one node."""
    folder = Path(tempfile.mkdtemp(prefix="dck-"))
    made = Cluster(folder)
    try:
        made.begin()
        made.advertised.add(1, "loses")
        yield made
    finally:
        made.end()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def lab(alone: Cluster) -> Iterator[str]:
    client, name = alone.client(), f"losses-{next(_numbers)}"
    client.make("/api/v1/namespaces", {"metadata": {"name": name}})
    client.until(f"/api/v1/namespaces/{name}/serviceaccounts/default", bool)
    yield name
    client.ask("DELETE", f"/api/v1/namespaces/{name}")


@pytest.fixture
def run(alone: Cluster, lab: str, tmp_path: Path) -> Callable[..., Run]:
    login = {"kubeconfig": f"file:{alone.kubeconfig}"}

    def made(name: str) -> Run:
        # As a cloud has it whose file says nothing of it, and a command that is not told otherwise.
        return Run(cloud(login, lab, wait=20), Means(tmp_path, "cat"), name)

    return made


def left(cluster: Cluster, lab: str) -> list[str]:
    """All that bears our label, by the cluster's own listing."""
    found = []
    for path in _KINDS:
        told = cluster.client().get(f"{path.format(lab)}?labelSelector=deepcat/catalog")
        found += [f"{path.rpartition('/')[2]}/{each['metadata']['name']}" for each in told["items"]]
    return found


def up(made: Run) -> frozenset[str]:
    (found,) = KIND.observe([made.cloud], made.means).found
    return found.up


def told(words: str, since: float, most: float = TRUTH_S) -> None:
    seconds = time.monotonic() - since
    print(f"{words}: {seconds:.1f} s")
    assert seconds < most


def settled(made: Run, **several: Any) -> frozenset[str]:
    answer = made.all(**several)
    assert not answer.get("failed"), answer
    return frozenset(answer["deepcat"]["resources"]["programs"])


def meanwhile(cluster: Cluster, lab: str, made: Run, what: Callable[[], None]) -> dict[str, Any]:
    """The failure of a run whose pods do not answer yet when something happens."""
    for each in made.made():
        assert not each.get("failed"), each
    with ThreadPoolExecutor(1) as pool:
        proving = pool.submit(made.step, "prove")
        what()
        since = time.monotonic()
        answer = proving.result()
    told(f"told, as {answer['deepcat_failure']['code']}", since, TRUTH_S + 15)
    cluster.advertised._names.add(NODE)  # a kubelet that is back ends what shall go
    for each in pods(cluster, lab):
        at = f"/api/v1/namespaces/{lab}/pods/{each['metadata']['name']}"
        cluster.client().ask("DELETE", at, {"gracePeriodSeconds": 0})
    made.step("abandon")
    return dict(answer["deepcat_failure"])


@pytest.fixture
def still(alone: Cluster) -> Iterator[None]:
    """The node begins no pod: its kubelet says nothing of them."""
    alone.advertised._names.discard(NODE)
    yield
    alone.advertised._names.add(NODE)


def pods(cluster: Cluster, lab: str) -> list[dict[str, Any]]:
    return list(cluster.client().get(f"/api/v1/namespaces/{lab}/pods")["items"])


def bound(cluster: Cluster, lab: str) -> None:
    until(lambda: any(each["spec"].get("nodeName") for each in pods(cluster, lab)))


@pytest.mark.usefixtures("still")
def test_a_node_is_lost_while_pods_come_up(
    alone: Cluster, lab: str, run: Callable[..., Run]
) -> None:
    def lose() -> None:
        bound(alone, lab)
        alone.advertised.say(NODE, False)

    try:
        failure = meanwhile(alone, lab, run("r1"), lose)
    finally:
        alone.advertised.say(NODE, True)
    assert (failure["kind"], failure["code"]) == ("cloud", "run/pod")
    assert failure["message"] == f"its node `{NODE}` is lost: Rig"
    run("r2").step("delete")
    assert left(alone, lab) == []


def test_pods_are_evicted_one_at_a_time(alone: Cluster, lab: str, run: Callable[..., Run]) -> None:
    made, client = run("r1"), alone.client()
    programs = settled(made, properties={"replicas": 2})
    names = [each["metadata"]["name"] for each in pods(alone, lab)]

    def evict(name: str) -> tuple[int, dict[str, Any]]:
        own = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
        return client.ask("POST", f"/api/v1/namespaces/{lab}/pods/{name}/eviction", own)

    budgets = f"/apis/policy/v1/namespaces/{lab}/poddisruptionbudgets"
    client.until(
        budgets,
        lambda said: all(
            each.get("status", {}).get("disruptionsAllowed") == 1 for each in said["items"]
        ),
    )
    alone.advertised._names.discard(NODE)  # what takes the first one's place takes its time
    try:
        since = time.monotonic()
        assert evict(names[0])[0] == 201
        status, why = evict(names[1])
        assert status == 429, why
        assert up(made) == programs, "the other one still answers"
    finally:
        alone.advertised.again(NODE)
    at = f"/api/v1/namespaces/{lab}/pods/{names[0]}"
    client.ask("DELETE", at, {"gracePeriodSeconds": 0})
    settled(run("r2"), properties={"replicas": 2})
    told("both serve again", since, 120)
    assert run("r3").step("delete")["changed"]
    assert left(alone, lab) == []


@pytest.mark.usefixtures("still")
def test_somebody_takes_away_what_comes_up(
    alone: Cluster, lab: str, run: Callable[..., Run]
) -> None:
    def take() -> None:
        (one,) = alone.client().get(f"/apis/apps/v1/namespaces/{lab}/deployments")["items"]
        at = f"/apis/apps/v1/namespaces/{lab}/deployments/{one['metadata']['name']}"
        assert alone.client().ask("DELETE", at)[0] == 200

    failure = meanwhile(alone, lab, run("r1"), take)
    assert (failure["kind"], failure["code"]) == ("cloud", "run/gone")
    until(lambda: left(alone, lab) == [])


@pytest.mark.usefixtures("still")
def test_the_namespace_goes_while_pods_come_up(
    alone: Cluster, lab: str, run: Callable[..., Run]
) -> None:
    def take() -> None:
        assert alone.client().ask("DELETE", f"/api/v1/namespaces/{lab}")[0] == 200

    failure = meanwhile(alone, lab, run("r1"), take)
    assert (failure["kind"], failure["code"]) == ("cloud", "run/namespace")
    until(lambda: left(alone, lab) == [])


@pytest.mark.usefixtures("still")
def test_an_api_server_falls_silent_while_pods_come_up(
    alone: Cluster, lab: str, run: Callable[..., Run]
) -> None:
    pid, made = alone.api.running.pid("kube-apiserver"), run("r1")
    for each in made.made():
        assert not each.get("failed"), each
    os.kill(pid, signal.SIGSTOP)
    try:
        since = time.monotonic()
        failure = made.step("prove")["deepcat_failure"]
        assert made.step("abandon")["deepcat_failure"]["code"] == "run/cluster"
        told(f"told, as {failure['message']}", since)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert (failure["kind"], failure["code"]) == ("cloud", "run/cluster")
    until(lambda: KIND.observe([made.cloud], made.means).clouds == {"lab"})
    alone.advertised._names.add(NODE)
    assert run("r2").step("delete")["changed"]
    assert left(alone, lab) == []


def test_an_etcd_that_is_down(alone: Cluster, lab: str, run: Callable[..., Run]) -> None:
    made = run("r1")
    programs = settled(made)
    pid = alone.api.running.pid("etcd")
    os.kill(pid, signal.SIGSTOP)
    try:
        since = time.monotonic()
        failure = run("r2").step("begin")["deepcat_failure"]
        told(f"told, as {failure['message']}", since)
        assert (failure["kind"], failure["code"]) == ("cloud", "run/cluster")
        listing = KIND.observe([made.cloud], made.means)
        assert listing.clouds == frozenset(), "of what is silent nothing is known"
    finally:
        os.kill(pid, signal.SIGCONT)
    until(lambda: KIND.observe([made.cloud], made.means).clouds == {"lab"})
    assert up(made) == programs
    assert run("r3").step("delete")["changed"]
    assert left(alone, lab) == []
