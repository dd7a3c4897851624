"""The kind against a real control plane, whose nodes only it knows: `make cluster`.

No part of `make test`: the first run builds for minutes. Pods on such nodes run nothing, so that
nobody asks them; what they serve is tried where a real node is.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cluster.control_plane import Cluster
from pods.given import Run, cloud, means

from deepcat.clouds.kinds.kubernetes.kind import KIND

pytestmark = [pytest.mark.slow, pytest.mark.system("go"), pytest.mark.starts("a control plane")]
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
# One that is refused for its form is never held against a rule.
RESTRICTED_POD = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "one",
            "image": "none",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        }
    ],
}
GPU = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB", "nvidia.com/gpu.memory": "40960"}
KINDS = (
    "/api/v1/namespaces/{}/configmaps",
    "/api/v1/namespaces/{}/services",
    "/api/v1/namespaces/{}/pods",
    "/apis/apps/v1/namespaces/{}/deployments",
    "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
    "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
)
_numbers = count()


@pytest.fixture(scope="module", autouse=True)
def nodes(cluster: Cluster) -> None:
    cluster.advertised.add(2, "plain")
    cluster.advertised.add(1, "card", GPU, {"nvidia.com/gpu": "2"})


@pytest.fixture
def lab(cluster: Cluster) -> Iterator[str]:
    """A namespace of the restricted standard."""
    name = f"lab-{next(_numbers)}"
    metadata = {"name": name, "labels": RESTRICTED}
    cluster.client().make("/api/v1/namespaces", {"metadata": metadata})
    cluster.client().until(f"/api/v1/namespaces/{name}/serviceaccounts/default", bool)
    yield name
    cluster.client().ask("DELETE", f"/api/v1/namespaces/{name}")


def login(cluster: Cluster) -> dict[str, str]:
    return {"kubeconfig": f"file:{cluster.kubeconfig}"}


@pytest.fixture
def run(cluster: Cluster, lab: str, tmp_path: Path) -> Any:
    def made(name: str, content: bytes = b"a model", catalog: str = "cat", **values: Any) -> Run:
        own = values.pop("cloud", None) or cloud(login(cluster), lab, wait=5)
        return Run(own, means(tmp_path, catalog), name, content, **values)

    return made


def there(cluster: Cluster, namespace: str) -> dict[str, list[str]]:
    """What bears our label, by the cluster's own listing."""
    found = {}
    for path in KINDS:
        told = cluster.client().get(f"{path.format(namespace)}?labelSelector=deepcat/catalog")
        found[path.rpartition("/")[2]] = [each["metadata"]["name"] for each in told["items"]]
    return {kind: names for kind, names in found.items() if names}


def failed(told: Mapping[str, Any]) -> dict[str, Any]:
    assert told.get("failed"), told
    return dict(told["deepcat_failure"])


def test_it_comes_up_is_changed_is_seen_and_goes(cluster: Cluster, lab: str, run: Any) -> None:
    first = run("r1")
    settled = first.all()
    assert not settled.get("failed"), settled
    (program,) = settled["deepcat"]["resources"]["programs"]
    (found,) = KIND.observe([first.cloud], first.means).found
    assert (found.name, found.up) == ("demo", {program})
    service = cluster.client().get(f"/api/v1/namespaces/{lab}/services")["items"][0]
    assert program.endswith(service["spec"]["selector"]["deepcat/state"])
    again = run("r2")
    assert [each["changed"] for each in again.made()] == [False, False, False]
    assert not again.step("prove").get("failed")
    again.step("settle")
    assert there(cluster, lab)["deployments"] == [program]
    other = run("r3", b"another model").all()
    assert there(cluster, lab)["deployments"] == other["deepcat"]["resources"]["programs"]
    assert run("r4").step("delete")["changed"]
    assert there(cluster, lab) == {}


def test_what_no_node_takes_is_told_soon_and_what_ran_stays(
    cluster: Cluster, lab: str, run: Any
) -> None:
    before = run("r1").all()["deepcat"]["resources"]["programs"]
    keeper = {"module": "kubernetes", "shape": f"nvidia.{GPU['nvidia.com/gpu.product']}.2"}
    new = run("r2", b"another", keeper=keeper, cards={"server": 7})
    new.made()
    begun = time.monotonic()
    failure = failed(new.step("prove"))
    assert time.monotonic() - begun < 30
    assert (failure["kind"], failure["code"]) == ("capacity", "run/unschedulable")
    assert "Insufficient nvidia.com/gpu" in failure["message"]
    new.step("abandon")
    assert there(cluster, lab)["deployments"] == before


def test_a_quota_is_told_in_its_own_words(cluster: Cluster, lab: str, run: Any) -> None:
    path = f"/api/v1/namespaces/{lab}/resourcequotas"
    cluster.client().make(path, {"metadata": {"name": "small"}, "spec": {"hard": {"pods": "0"}}})
    cluster.client().until(f"{path}/small", lambda told: told.get("status", {}).get("hard"))
    failure = failed(run("r1").all())
    assert (failure["kind"], failure["code"]) == ("quota", "run/quota")
    assert "exceeded quota: small" in failure["message"]
    assert there(cluster, lab) == {}


def test_a_rule_that_refuses_is_told_in_its_own_words(cluster: Cluster, lab: str, run: Any) -> None:
    where = "/apis/admissionregistration.k8s.io/v1/"
    own = {"matchConstraints": {"resourceRules": [
        {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]},
    ]}}  # fmt: skip
    own |= {"failurePolicy": "Fail", "validations": [{"expression": "false", "message": "never"}]}
    client = cluster.client()
    client.make(f"{where}validatingadmissionpolicies", {"metadata": {"name": lab}, "spec": own})
    binding = {"policyName": lab, "validationActions": ["Deny"], "matchResources": {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": lab}},
    }}  # fmt: skip
    at = f"{where}validatingadmissionpolicybindings"
    client.make(at, {"metadata": {"name": lab}, "spec": binding})
    probe = {"metadata": {"name": "probe"}, "spec": RESTRICTED_POD}
    ends = time.monotonic() + 120
    while "never" not in json.dumps(  # it takes a moment until it counts
        client.ask("POST", f"/api/v1/namespaces/{lab}/pods?dryRun=All", probe)[1]
    ):
        assert time.monotonic() < ends
        time.sleep(0.2)
    failure = failed(run("r1").all())
    assert (failure["kind"], failure["code"]) == ("cloud", "run/admission")
    assert "never" in failure["message"]
    assert there(cluster, lab) == {}


def test_a_namespace_that_is_not_there_or_goes(
    cluster: Cluster, lab: str, run: Any, tmp_path: Path
) -> None:
    none = cloud(login(cluster), "nowhere-at-all")
    assert failed(run("r1", cloud=none).step("begin"))["code"] == "run/namespace"
    kept = {"metadata": {"name": "kept", "finalizers": ["example.org/kept"]}}
    path = f"/api/v1/namespaces/{lab}/configmaps"
    cluster.client().make(path, kept)
    cluster.client().ask("DELETE", f"/api/v1/namespaces/{lab}")
    failure = failed(run("r1").step("begin"))
    assert (failure["kind"], failure["code"]) == ("cloud", "run/namespace")
    assert "being terminated" in failure["message"]
    probe = KIND.probe(cloud(login(cluster), lab), means(tmp_path))
    assert not probe.healthy
    assert "terminated" in probe.detail
    free = {"metadata": {"finalizers": None}}
    kind = "application/merge-patch+json"
    assert cluster.client().ask("PATCH", f"{path}/kept", free, kind)[0] == 200


def test_two_catalogs_have_each_their_own(cluster: Cluster, lab: str, run: Any) -> None:
    run("r1").all()
    run("r1", catalog="other").all()
    assert len(there(cluster, lab)["services"]) == 2
    run("r2").step("delete")
    assert len(there(cluster, lab)["services"]) == 1
    run("r2", catalog="other").step("delete")
    assert there(cluster, lab) == {}


def test_an_api_server_that_is_started_again_meanwhile(
    cluster: Cluster, lab: str, run: Any
) -> None:
    made = run("r1")
    made.made()
    cluster.restart("kube-apiserver")
    assert not made.step("prove").get("failed")
    assert not made.step("settle").get("failed")
    made.step("delete")
    assert there(cluster, lab) == {}


def test_what_is_free_is_seen(cluster: Cluster, lab: str, tmp_path: Path) -> None:
    probe = KIND.probe(cloud(login(cluster), lab), means(tmp_path))
    assert probe.healthy, probe.detail
    made = {each.name: each for each in probe.shapes}
    name = f"nvidia.{GPU['nvidia.com/gpu.product']}"
    assert made[f"{name}.2"].free == 1
    assert made[f"{name}.1"].free == 2
    assert (made["cpu"].free or 0) > 0
    assert not probe.scripts


def test_who_is_not_known_is_told_so(cluster: Cluster, lab: str, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(base64.b64encode(b"nobody").decode())
    authority = Path(cluster.api.keys.authority).read_text()
    own = {"server": cluster.server, "authority": authority, "token": f"file:{token}"}
    probe = KIND.probe(cloud(own, lab), means(tmp_path))
    assert (probe.healthy, probe.refused) == (False, True)
    assert "Unauthorized" in probe.detail
