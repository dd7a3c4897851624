"""Who is outside a real cluster comes in as its cloud's file says: `make cluster`.

No part of `make test`: the first run builds for minutes. No cluster of a test has a provider of
load balancers, or a controller of routes: a test says in their place what they would say.
"""

from __future__ import annotations

import json
import os
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cluster.client import MERGE
from cluster.control_plane import Cluster
from cluster.gateway import define
from cluster.serving import image
from pods.given import Run, cloud, means
from pods.served import OnCluster, namespace

pytestmark = [pytest.mark.slow, pytest.mark.system("go"), pytest.mark.starts("a control plane")]
DOMAIN = "models.example.org"
_numbers = count()


@pytest.fixture(scope="module", autouse=True)
def nodes(cluster: Cluster) -> None:
    cluster.advertised.add(1, "outside")


@pytest.fixture
def lab(cluster: Cluster) -> Iterator[str]:
    with namespace(cluster, f"outside-{next(_numbers)}") as name:
        yield name


@pytest.fixture
def run(cluster: Cluster, lab: str, tmp_path: Path) -> Callable[..., Run]:
    def made(name: str, **endpoint: Any) -> Run:
        login = {"kubeconfig": f"file:{cluster.kubeconfig}"}
        return Run(cloud(login, lab, wait=5, endpoint=endpoint), means(tmp_path), name)

    return made


def there(cluster: Cluster, namespace: str) -> list[str]:
    """All of the catalog that has to do with who comes in, by the cluster's own listing."""
    found = []
    for path in ("/apis/networking.k8s.io/v1/namespaces/{}/ingresses",
                 "/api/v1/namespaces/{}/services", "/api/v1/namespaces/{}/configmaps",
                 "/apis/apps/v1/namespaces/{}/deployments"):  # fmt: skip
        told = cluster.client().get(f"{path.format(namespace)}?labelSelector=deepcat/catalog")
        found += [f"{path.rpartition('/')[2]}/{each['metadata']['name']}" for each in told["items"]]
    return found


def endpoints(told: Any) -> dict[str, str]:
    assert not told.get("failed"), told
    return dict(told["deepcat"]["endpoints"])


@contextmanager
def says(cluster: Cluster, path: str, status: dict[str, Any]) -> Iterator[None]:
    """Say of the first object of a list, once it is there, what its controller would say."""
    is_over = threading.Event()

    def say() -> None:
        client = cluster.client()
        while not is_over.wait(0.2):
            for each in client.get(path)["items"]:
                at = f"{path}/{each['metadata']['name']}/status"
                client.ask("PATCH", at, {"status": status}, MERGE)

    saying = threading.Thread(target=say)
    saying.start()
    try:
        yield
    finally:
        is_over.set()
        saying.join()


def test_a_load_balancer(cluster: Cluster, lab: str, run: Callable[..., Run]) -> None:
    path = f"/api/v1/namespaces/{lab}/services"
    made = run("r1", load_balancer={"wait": 60, "class": "rig.example/one"})
    with says(cluster, path, {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}):
        found = endpoints(made.all())
    assert found == {"rest": "http://192.0.2.7:8501", "grpc": "192.0.2.7:8500"}
    (service,) = cluster.client().get(path)["items"]
    assert service["spec"]["loadBalancerClass"] == "rig.example/one"
    assert made.step("delete")["changed"]
    assert there(cluster, lab) == []


def test_a_load_balancer_without_an_address_is_told(
    cluster: Cluster, lab: str, run: Callable[..., Run]
) -> None:
    begun = time.monotonic()
    failure = run("r1", load_balancer={"wait": 5}).all()["deepcat_failure"]
    assert time.monotonic() - begun < 60
    assert (failure["kind"], failure["code"]) == ("cloud", "run/outside")
    assert "has no address after 5 s" in failure["message"]
    assert there(cluster, lab) == []


def test_an_ingress(cluster: Cluster, lab: str, run: Callable[..., Run]) -> None:
    made = run("r1", ingress={"class": "rig", "domain": DOMAIN, "tls_secret": "models-tls"})
    failure = made.all()["deepcat_failure"]
    assert failure["message"] == "there is no Ingress class `rig` on the cluster"
    assert there(cluster, lab) == []
    classes = "/apis/networking.k8s.io/v1/ingressclasses"
    own = {"metadata": {"name": "rig"}, "spec": {"controller": "example.org/rig"}}
    cluster.client().make(classes, own)
    try:
        again = run("r2", ingress={"class": "rig", "domain": DOMAIN, "tls_secret": "models-tls"})
        (address,) = endpoints(again.all()).values()
    finally:
        cluster.client().ask("DELETE", f"{classes}/rig")
    path = f"/apis/networking.k8s.io/v1/namespaces/{lab}/ingresses"
    (ingress,) = cluster.client().get(path)["items"]
    (rule,) = ingress["spec"]["rules"]
    assert address == f"https://{rule['host']}"
    run("r3").step("delete")
    assert there(cluster, lab) == [], "what was noted tells of the Ingress, not the cloud's file"


def test_a_port_of_the_nodes(cluster: Cluster, lab: str, run: Callable[..., Run]) -> None:
    found = endpoints(run("r1", node_port={"address": "nodes.example.org"}).all())
    (service,) = cluster.client().get(f"/api/v1/namespaces/{lab}/services")["items"]
    ports = {each["name"]: each["nodePort"] for each in service["spec"]["ports"]}
    assert found["rest"] == f"http://nodes.example.org:{ports['rest']}"
    closed = endpoints(run("r2").all())
    assert ".svc" in closed["rest"]
    (service,) = cluster.client().get(f"/api/v1/namespaces/{lab}/services")["items"]
    assert service["spec"]["type"] == "ClusterIP"
    assert not any("nodePort" in each for each in service["spec"]["ports"])


def test_a_gateway(cluster: Cluster, lab: str, run: Callable[..., Run]) -> None:
    gateway = {"name": "public", "domain": DOMAIN, "wait": 10}
    failure = run("r1", gateway=gateway).all()["deepcat_failure"]
    assert failure["message"].startswith("there is no Gateway `public` in the namespace")
    client, base = cluster.client(), "/apis/gateway.networking.k8s.io/v1"
    define(client)
    listener = {"name": "http", "port": 80, "protocol": "HTTP"}
    own = {
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": {"name": "public"},
        "spec": {"gatewayClassName": "rig", "listeners": [listener]},
    }  # fmt: skip
    client.make(f"{base}/namespaces/{lab}/gateways", own)
    failure = run("r2", gateway=gateway).all()["deepcat_failure"]
    assert failure["message"].startswith("no controller of the Gateway has taken the route")
    routes = f"{base}/namespaces/{lab}/httproutes"
    assert client.get(routes)["items"] == []
    now = "2026-01-01T00:00:00Z"
    taken = {"type": "Accepted", "status": "True", "reason": "Accepted", "message": "",
             "lastTransitionTime": now, "observedGeneration": 1}  # fmt: skip
    parent = {"parentRef": {"name": "public"}, "controllerName": "example.org/rig"}
    with says(cluster, routes, {"parents": [{**parent, "conditions": [taken]}]}):
        (address,) = endpoints(run("r3", gateway=gateway).all()).values()
    (route,) = client.get(routes)["items"]
    assert address == f"http://{route['spec']['hostnames'][0]}"
    run("r4").step("delete")
    assert client.get(routes)["items"] == []
    assert there(cluster, lab) == []


@pytest.mark.system("containerd", "runc", "busybox", "iptables")
@pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root")
def test_whoever_comes_by_a_port_of_a_real_node_is_answered(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    with namespace(real_cluster, f"outside-{next(_numbers)}") as name:
        catalog = OnCluster(tmp_path / "catalog", {
            "login": {"kubeconfig": f"file:{real_cluster.kubeconfig}"}, "namespace": name,
            "image": image(real_cluster, tmp_path), "endpoint": {"node_port": {}},
        })  # fmt: skip
        catalog.begin(real_cluster.kubeconfig)
        told = catalog.deepcat("plan", ok=False)
        assert "whoever comes by a port of its nodes could call it" in told
        wish = catalog.root / "deployments" / "demo.yaml"
        said = json.loads(wish.read_text())
        wish.write_text(json.dumps({**said, "access": {"open": True}}))
        catalog.commit()
        assert "there: + Service" in catalog.deepcat("plan")
        assert "5 samples passed" in catalog.apply()
        at = catalog.state()["endpoints"]["rest"]
        assert at.startswith(f"http://{real_cluster.real['node-0'].address}:3")
        with urllib.request.urlopen(f"{at}/v1/models/half-plus-two", timeout=60) as answer:
            assert b"AVAILABLE" in answer.read()
        assert catalog.predict() == [2.5]
        wish.unlink()
        catalog.commit()
        catalog.apply()
        assert there(real_cluster, name) == []
