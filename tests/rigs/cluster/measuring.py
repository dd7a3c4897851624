"""metrics-server beside a cluster with real nodes: it asks their kubelets how busy pods are.

It is a process at the cluster's bridge; the API server leads `metrics.k8s.io` to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from free_ports import free_ports

from cluster.built import controller
from cluster.control_plane import Cluster
from cluster.running import Running

_NAME, _SPACE, _VERSION = "metrics-server", "kube-system", "v1beta1"
_GROUP = "metrics.k8s.io"
_SERVICES = f"/api/v1/namespaces/{_SPACE}/services"
_SLICES = f"/apis/discovery.k8s.io/v1/namespaces/{_SPACE}/endpointslices"
_EXTENDS = "/apis/apiregistration.k8s.io/v1/apiservices"


@contextmanager
def measures(cluster: Cluster) -> Iterator[None]:
    """Let a cluster know how busy its pods are."""
    client, running = cluster.client(), Running(cluster.folder)
    [port] = free_ports(1, cluster.api.address)
    asks = [f"--{each}kubeconfig={cluster.kubeconfig}"
            for each in ("", "authentication-", "authorization-")]  # fmt: skip
    running.start(_NAME, [
        str(controller(_NAME)), *asks, f"--bind-address={cluster.api.address}",
        f"--secure-port={port}", f"--cert-dir={cluster.folder}/metrics", "--kubelet-insecure-tls",
        "--kubelet-preferred-address-types=InternalIP", "--metric-resolution=10s",
        "--kubelet-request-timeout=5s",
    ])  # fmt: skip
    about = {"metadata": {"name": _NAME}}
    try:
        client.make(_SERVICES, {**about, "spec": {"ports": [{"name": "https", "port": 443}]}})
        client.make(_SLICES, {
            "metadata": {"name": _NAME, "labels": {"kubernetes.io/service-name": _NAME}},
            "addressType": "IPv4", "ports": [{"name": "https", "port": port}],
            "endpoints": [{"addresses": [cluster.api.address]}],
        })  # fmt: skip
        client.make(_EXTENDS, {
            "metadata": {"name": f"{_VERSION}.{_GROUP}"},
            "spec": {"group": _GROUP, "version": _VERSION, "groupPriorityMinimum": 100,
                     "versionPriority": 100, "insecureSkipTLSVerify": True,
                     "service": {"name": _NAME, "namespace": _SPACE}},
        })  # fmt: skip
        measured = f"/apis/{_GROUP}/{_VERSION}/nodes"
        running.until(lambda: _tells_of_all(client.raw("GET", measured), len(cluster.real)))
        yield
    finally:
        client.ask("DELETE", f"{_EXTENDS}/{_VERSION}.{_GROUP}")
        client.ask("DELETE", f"{_SLICES}/{_NAME}")
        client.ask("DELETE", f"{_SERVICES}/{_NAME}")
        running.end()


def _tells_of_all(told: tuple[int, bytes], count: int) -> bool:
    status, found = told
    return status == 200 and len(json.loads(found)["items"]) == count
