"""Who comes by an Ingress, or by a route of a Gateway, is led to what is served by a controller:
`make cluster`, as root.

No part of `make test`: the first run builds for minutes.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPConnection, HTTPSConnection
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cluster import serving
from cluster.control_plane import Cluster
from cluster.leading import CLASS, GATEWAY, Door, leads, pair
from pods.served import OnCluster, asked, namespace
from waiting import until

from deepcat.serving.server.keys import new_key

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.system("go", "containerd", "runc", "busybox", "iptables"),
    pytest.mark.starts("a cluster with a real node"),
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root"),
]
DOMAIN = "models.example.org"
INGRESS = {"ingress": {"class": CLASS, "domain": DOMAIN, "tls_secret": "models-tls"}}
ROUTE = {"gateway": {**GATEWAY, "listener": "https", "domain": DOMAIN, "tls": True, "wait": 60}}
MODEL = "/v1/models/half-plus-two"
_numbers = count()


@pytest.fixture(scope="module")
def certificate(real_cluster: Cluster) -> Path:
    return real_cluster.api.keys.issue("models", addresses=(f"*.{DOMAIN}",))


@pytest.fixture(scope="module")
def door(real_cluster: Cluster, certificate: Path) -> Iterator[Door]:
    with leads(real_cluster, certificate) as found:
        yield found


@pytest.fixture(scope="module")
def image(real_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    return serving.image(real_cluster, tmp_path_factory.mktemp("images"))


@pytest.fixture
def lab(real_cluster: Cluster, certificate: Path) -> Iterator[str]:
    with namespace(real_cluster, f"led-{next(_numbers)}") as name:
        secret = {"metadata": {"name": "models-tls"}, **pair(certificate)}
        real_cluster.client().make(f"/api/v1/namespaces/{name}/secrets", secret)
        yield name


class Led(HTTPSConnection):
    """To a name that no server of names knows, by where Envoy listens."""

    def __init__(self, door: Door, name: str, trust: Path) -> None:
        super().__init__(name, timeout=60)
        self._door, self._trust = door, ssl.create_default_context(cafile=str(trust))

    def connect(self) -> None:
        plain = socket.create_connection((self._door.address, self._door.https), self.timeout)
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host)


class InClear(HTTPConnection):
    """The same without TLS."""

    def __init__(self, door: Door, name: str) -> None:
        super().__init__(name, timeout=60)
        self._door = door

    def connect(self) -> None:
        self.sock = socket.create_connection((self._door.address, self._door.http), self.timeout)


def told(made: HTTPConnection, key: str = "") -> tuple[int, Any]:
    """Status and answer of one who asks the model, and goes."""
    shown = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        made.request("POST", f"{MODEL}:predict", json.dumps({"instances": [1.0]}), shown)
        answer = made.getresponse()
        content = answer.read()
        is_told = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.status, json.loads(content) if is_told else content.decode()
    finally:
        made.close()


def answered(made: HTTPConnection, key: str) -> bool:
    """Whether one who asks is answered, as soon as Envoy knows of it."""
    try:
        return told(made, key) == (200, {"predictions": [2.5]})
    except OSError:
        return False


def held(monkeypatch: pytest.MonkeyPatch) -> str:
    """Ada's key, which deepcat finds where the wish says."""
    key = new_key("ada")[0]
    monkeypatch.setenv("DEEPCAT_WORKLOAD_ADA", key)
    return key


def served(
    cluster: Cluster, lab: str, image: str, endpoint: dict[str, Any], root: Path
) -> OnCluster:
    """A catalog whose one wish lets Ada call."""
    catalog = OnCluster(root / "catalog", {
        "login": {"kubeconfig": f"file:{cluster.kubeconfig}"}, "namespace": lab,
        "image": image, "endpoint": endpoint,
    })  # fmt: skip
    catalog.begin(cluster.kubeconfig)
    wish = catalog.root / "deployments" / "demo.yaml"
    keys = {"ada": {"secret": "env:DEEPCAT_WORKLOAD_ADA"}}
    wish.write_text(json.dumps({**json.loads(wish.read_text()), "access": {"keys": keys}}))
    catalog.commit()
    return catalog


@pytest.mark.parametrize(
    ("endpoint", "plural"),
    [
        (INGRESS, "/apis/networking.k8s.io/v1/namespaces/{}/ingresses"),
        (ROUTE, "/apis/gateway.networking.k8s.io/v1/namespaces/{}/httproutes"),
    ],
    ids=["ingress", "route"],
)
def test_a_model_is_reached_by_its_name_is_changed_without_a_lost_request_and_goes(
    real_cluster: Cluster, lab: str, image: str, door: Door, endpoint: dict[str, Any],
    plural: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    key = held(monkeypatch)
    catalog = served(real_cluster, lab, image, endpoint, tmp_path)
    assert "5 samples passed" in catalog.apply()
    address = catalog.state()["endpoints"]["rest"]
    name = address.removeprefix("https://")
    assert name.endswith(f".{DOMAIN}")
    led: Callable[[], HTTPConnection] = partial(Led, door, name, real_cluster.api.keys.authority)

    def ask() -> Any:
        status, said = told(led(), key)
        return said if status == 200 else (status, said)

    until(lambda: answered(led(), key), patience_s=60)
    with asked(ask) as counted:
        counted.more(5)
        assert told(led())[0] == 401
        assert told(led(), new_key("eve")[0])[0] == 401
        with pytest.raises(ConnectionRefusedError):
            told(InClear(door, name), key)
        catalog.release("1.1.0")
        assert "5 samples passed" in catalog.apply()
        pods = f"/api/v1/namespaces/{lab}/pods?labelSelector=deepcat/catalog"
        real_cluster.client().until(pods, lambda each: len(each["items"]) == 1)
        counted.more(20)
    assert counted.lost == []
    (catalog.root / "deployments" / "demo.yaml").unlink()
    catalog.commit()
    catalog.apply()
    assert real_cluster.client().get(plural.format(lab))["items"] == []


def test_what_the_file_of_the_cloud_annotates_counts_as_that_it_is_answered_in_clear(
    real_cluster: Cluster, lab: str, image: str, door: Door,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    key = held(monkeypatch)
    own = {**INGRESS["ingress"], "annotations": {"kubernetes.io/ingress.allow-http": "true"}}
    catalog = served(real_cluster, lab, image, {"ingress": own}, tmp_path)
    assert "5 samples passed" in catalog.apply()
    name = catalog.state()["endpoints"]["rest"].removeprefix("https://")
    until(lambda: answered(InClear(door, name), key), patience_s=60)
