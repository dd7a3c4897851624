"""The kind on a real node, with our image and a model, as readers ask it: `make cluster`, as root.

No part of `make test`: the first run builds for minutes.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cluster import devices, serving
from cluster.client import MERGE
from cluster.control_plane import Cluster
from pods.given import Run, cloud, means
from pods.served import HALF, OnCluster, asked, namespace, proved
from ssh_catalog import MODULE

from deepcat.clouds.kinds.kubernetes.kind import KIND
from deepcat.serving.client.rest import Client
from deepcat.serving.server.keys import new_key

pytestmark = [
    pytest.mark.slow,
    pytest.mark.system("go", "containerd", "runc", "busybox", "iptables"),
    pytest.mark.starts("a cluster with a real node"),
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root"),
]
_numbers = count()


@pytest.fixture(scope="module")
def image(real_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Our image, by its digest; the node has it."""
    return serving.image(real_cluster, tmp_path_factory.mktemp("image"))


@pytest.fixture
def lab(real_cluster: Cluster) -> Iterator[str]:
    with namespace(real_cluster, f"node-lab-{next(_numbers)}") as name:
        yield name


@pytest.fixture
def run(real_cluster: Cluster, lab: str, tmp_path: Path, image: str) -> Any:
    def made(name: str, content: bytes = HALF, **own: Any) -> Run:
        login = {"kubeconfig": f"file:{real_cluster.kubeconfig}"}
        where = cloud(login, lab, **{"image": image, **own})
        return Run(where, means(tmp_path), name, content, timeout=600)

    return made


def test_a_model_comes_up_is_changed_without_a_lost_request_and_goes(
    real_cluster: Cluster, lab: str, run: Any
) -> None:
    first = run("r1")
    told = proved(first)
    assert told["deepcat"]["samples"]["passed"] == 1, told
    settled = first.step("settle")["deepcat"]
    (found,) = KIND.observe([first.cloud], first.means).found
    assert found.up == set(settled["resources"]["programs"])
    lines = KIND.logs(first.cloud, "demo", "cpu", {}, first.means, 100, False)
    assert any("half" in line for line in lines)
    with KIND.tunnel(first.cloud, "demo", "cpu", settled["endpoints"], first.means) as there:

        def ask() -> object:
            answers = Client(there["rest"], timeout_s=60)
            return answers.call("half", "predict", {"instances": [1.0]})

        with asked(ask) as counted:
            second = run("r2", gzip.compress(gzip.decompress(HALF), mtime=5))
            assert proved(second)["deepcat"]["samples"]["passed"] == 1
            other = second.step("settle")["deepcat"]
            assert other["resources"]["programs"] != settled["resources"]["programs"]
            pods = f"/api/v1/namespaces/{lab}/pods"
            real_cluster.client().until(pods, lambda each: len(each["items"]) == 1)
            counted.more(5)
    assert counted.lost == []
    assert second.step("delete")["changed"]
    assert real_cluster.client().get(pods)["items"] == []


def standing(cluster: Cluster, namespace: str) -> list[str]:
    """The pods that are not about to end."""
    path = f"/api/v1/namespaces/{namespace}/pods?labelSelector=deepcat/catalog"
    told = [each["metadata"] for each in cluster.client().get(path)["items"]]
    return [each["uid"] for each in told if "deletionTimestamp" not in each]


def test_commands_bring_it_up_change_it_refuse_it_and_take_it_down(
    real_cluster: Cluster, lab: str, run: Any, tmp_path: Path
) -> None:
    catalog = OnCluster(tmp_path / "catalog", run("none").cloud.data["kubernetes"])
    catalog.begin(real_cluster.kubeconfig)
    assert "5 samples passed" in catalog.apply()
    assert catalog.predict() == [2.5]
    assert catalog.state()["status"] == "running"
    assert "Nothing to do" in catalog.apply()

    catalog.release("1.1.0")
    assert "5 samples passed" in catalog.apply()
    assert catalog.state()["version"] == "1.1.0"
    assert catalog.predict() == [2.5]

    (before,) = standing(real_cluster, lab)
    readme = catalog.root / "modules" / MODULE / "README.md"
    readme.write_text(readme.read_text() + "One word more.\n")
    catalog.commit()
    assert "5 samples passed" in catalog.apply()
    assert standing(real_cluster, lab) == [before], "what serves goes on"

    wish = catalog.root / "deployments" / "demo.yaml"
    said = json.loads(wish.read_text())
    wish.write_text(json.dumps({**said, "inputs": {"rest_port": 9000, "grpc_port": 0}}))
    catalog.commit()
    told = catalog.deepcat("plan", ok=False)
    assert "nothing carries out `deepcat.nodes.ModelServer.rest_port: 9000` there" in told
    wish.unlink()
    catalog.commit()
    catalog.apply()
    for kind in ("pods", "services", "configmaps"):
        path = f"/api/v1/namespaces/{lab}/{kind}?labelSelector=deepcat/catalog"
        assert real_cluster.client().get(path)["items"] == []


def asked_with(catalog: OnCluster, key: str, *, ok: bool = True) -> str:
    shown = ("--key", f"env:DEEPCAT_WORKLOAD_{key}") if key else ()
    return catalog.deepcat("predict", "demo", "--sample", "1", *shown, ok=ok)


def test_who_shows_a_key_is_answered_and_another_key_counts_without_a_new_start(
    real_cluster: Cluster, lab: str, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = new_key("ada")[0], new_key("ada")[0]
    monkeypatch.setenv("DEEPCAT_WORKLOAD_ADA", first)
    monkeypatch.setenv("DEEPCAT_WORKLOAD_OLD", first)
    catalog = OnCluster(tmp_path / "catalog", run("none").cloud.data["kubernetes"])
    catalog.begin(real_cluster.kubeconfig)
    wish = catalog.root / "deployments" / "demo.yaml"
    said = json.loads(wish.read_text())
    keys = {"ada": {"secret": "env:DEEPCAT_WORKLOAD_ADA"}}
    wish.write_text(json.dumps({**said, "access": {"keys": keys}}))
    catalog.commit()
    assert "the keys of ada" in catalog.apply()
    assert "The answers agree" in asked_with(catalog, "ADA")
    assert "[serving/access]" in asked_with(catalog, "", ok=False)
    (before,) = standing(real_cluster, lab)

    monkeypatch.setenv("DEEPCAT_WORKLOAD_ADA", second)
    begun = time.monotonic()
    assert "access.keys.ada" in catalog.apply()
    assert time.monotonic() - begun < 150
    assert "The answers agree" in asked_with(catalog, "ADA")
    assert "[serving/access]" in asked_with(catalog, "OLD", ok=False)
    assert standing(real_cluster, lab) == [before], "what serves goes on"
    assert "Nothing to do" in catalog.apply()
    path = f"/api/v1/namespaces/{lab}/secrets?labelSelector=deepcat/catalog"
    (held,) = real_cluster.client().get(path)["items"]
    assert second not in json.dumps(held)

    wish.write_text(json.dumps(said))
    catalog.commit()
    catalog.apply()
    assert real_cluster.client().get(path)["items"] == [], "nobody is asked any more"
    assert "The answers agree" in asked_with(catalog, "")
    catalog.deepcat("destroy", "demo", "--yes")  # the node has room for one


def test_the_way_is_encrypted_by_the_wishs_certificate(
    real_cluster: Cluster, lab: str, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=demo", "-keyout", str(tmp_path / "key.pem"),
         "-out", str(tmp_path / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    for name, file in (("CERTIFICATE", "cert"), ("PRIVATE_KEY", "key")):
        monkeypatch.setenv(f"DEEPCAT_WORKLOAD_{name}", (tmp_path / f"{file}.pem").read_text())
    catalog = OnCluster(tmp_path / "catalog", run("none").cloud.data["kubernetes"])
    catalog.begin(real_cluster.kubeconfig)
    wish = catalog.root / "deployments" / "demo.yaml"
    pair = {"certificate": "env:DEEPCAT_WORKLOAD_CERTIFICATE",
            "key": "env:DEEPCAT_WORKLOAD_PRIVATE_KEY"}  # fmt: skip
    said = json.loads(wish.read_text())
    wish.write_text(json.dumps({**said, "access": {"tls": {**pair, "minimum": "1.3"}}}))
    catalog.commit()
    assert "5 samples passed" in catalog.apply()
    assert catalog.predict() == [2.5]
    assert catalog.state()["endpoints"]["rest"].startswith("https://")
    assert "Nothing to do" in catalog.apply()
    catalog.deepcat("destroy", "demo", "--yes")


def test_theirs_asks_nobody_so_that_such_a_wish_is_refused_by_name(
    real_cluster: Cluster, run: Any, tmp_path: Path
) -> None:
    own = run("none").cloud.data["kubernetes"]
    theirs = f"docker.io/tensorflow/serving@sha256:{'1' * 64}"
    catalog = OnCluster(tmp_path / "catalog", {**own, "image": theirs, "fetcher": own["image"]})
    catalog.begin(real_cluster.kubeconfig)
    wish = catalog.root / "deployments" / "demo.yaml"
    keys = {"ada": {"secret": "env:DEEPCAT_WORKLOAD_ADA"}}
    wish.write_text(json.dumps({**json.loads(wish.read_text()), "access": {"keys": keys}}))
    catalog.commit()
    assert "nothing carries out `access` there" in catalog.deepcat("plan", ok=False)


def test_a_model_that_answers_otherwise_is_the_modules_mistake_and_leaves_nothing(
    real_cluster: Cluster, lab: str, run: Any
) -> None:
    made = run("r1")
    failure = proved(made, answer=3.0)["deepcat_failure"]
    assert (failure["kind"], failure["code"]) == ("module", "run/sample")
    assert made.step("abandon")["deepcat"] == {"left": False}
    for kind in ("pods", "services", "configmaps"):
        path = f"/api/v1/namespaces/{lab}/{kind}?labelSelector=deepcat/catalog"
        assert real_cluster.client().get(path)["items"] == []


def test_an_archive_that_is_no_model_is_told_by_what_fetches_it(run: Any) -> None:
    made = run("r1", b"no archive")
    made.made()
    failure = made.step("prove")["deepcat_failure"]
    assert failure["kind"] == "module"
    assert "its `fetch` says" in failure["message"]
    made.step("abandon")


def test_an_image_that_cannot_be_had_is_told_soon(run: Any) -> None:
    made = run("r1", image=f"localhost:9/none@sha256:{'0' * 64}")
    made.made()
    begun = time.monotonic()
    failure = made.step("prove")["deepcat_failure"]
    assert time.monotonic() - begun < 30
    assert (failure["kind"], failure["code"]) == ("cloud", "run/image")
    made.step("abandon")


def test_a_card_that_a_plugin_tells_the_kubelet_is_seen_taken_and_runs_out(
    real_cluster: Cluster, lab: str, run: Any
) -> None:
    client, node = real_cluster.client(), real_cluster.real["node-0"]
    resource, product = "nvidia.com/gpu", "NVIDIA-L4"
    about = {"metadata": {"labels": {f"{resource}.product": product}}}
    assert client.ask("PATCH", "/api/v1/nodes/node-0", about, MERGE)[0] == 200
    cards = devices.Counted(node.library, resource, ["GPU-0"])
    cards.begin()
    try:
        client.until(
            "/api/v1/nodes/node-0",
            lambda told: told["status"]["allocatable"].get(resource) == "1",
        )
        made = run("r1", wait=20)
        shapes = {each.name: each for each in KIND.probe(made.cloud, made.means).shapes}
        shape = f"nvidia.{product}.1"
        assert (shapes[shape].accelerators, shapes[shape].free) == (1, 1), shapes
        keeper = {**made.values["keeper"], "shape": shape}
        made.values |= {"keeper": keeper, "cards": {"server": 1}}
        assert proved(made)["deepcat"]["samples"]["passed"] == 1
        made.step("settle")
        (pod,) = client.get(f"/api/v1/namespaces/{lab}/pods")["items"]
        (server,) = pod["spec"]["containers"]
        assert server["resources"]["limits"][resource] == "1"
        seen = {each.name: each.free for each in KIND.probe(made.cloud, made.means).shapes}
        assert seen[shape] == 0, "what is taken is free no more"
        other = run("r2", wait=5)
        other.values |= {**made.values, "run": "r2", "deployment": "other"}
        other.values |= {"files": str(other.means.root / "files" / "r2" / "demo")}
        other.made()
        failure = other.step("prove")["deepcat_failure"]
        assert (failure["kind"], failure["code"]) == ("capacity", "run/unschedulable")
        assert f"Insufficient {resource}" in failure["message"]
        other.step("abandon")
        assert made.step("delete")["changed"]
    finally:
        cards.end()
