"""Kueue beside a cluster: it lets jobs and pods in by queues, as its own controller does.

It is a process at the cluster's address. Its definitions and its webhooks are those of its module,
with an address and a key of the rig in place of a service of the cluster.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from free_ports import free_ports

from cluster.built import controller, source
from cluster.client import Client, answers
from cluster.control_plane import Cluster
from cluster.running import Running

GROUP = "kueue.x-k8s.io"
VERSION = f"{GROUP}/v1beta2"
_NAME, _MODULE = "kueue", "sigs.k8s.io/kueue"
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_HOOKS = "/apis/admissionregistration.k8s.io/v1"
# No Role of its own: it asks as the administrator of a cluster that ends with the tests.
# It looks for a certificate of what it measures in a folder of no option: a file system of its own.
_LAID = """\
mount -t tmpfs tmpfs /etc
mkdir -p /etc/kueue/metrics
cp -r {pair} /etc/kueue/metrics/certs
exec "$0" "$@"
"""
_CONVERTED = ("clusterqueues", "cohorts", "localqueues", "multikueueclusters", "workloads")


@contextmanager
def queues(cluster: Cluster) -> Iterator[None]:
    """Let Kueue decide of all that names a queue of it."""
    client, running = cluster.client(), Running(cluster.folder)
    address = cluster.api.address
    serves, health = free_ports(2, address)
    parts = source(_NAME, _MODULE) / "config" / "components"
    asked = {"url": f"https://{address}:{serves}", "caBundle": _trust(cluster)}
    settings = {
        "apiVersion": f"config.{GROUP}/v1beta2", "kind": "Configuration",
        "health": {"healthProbeBindAddress": f"{address}:{health}"},
        "metrics": {"bindAddress": "0"}, "leaderElection": {"leaderElect": False},
        "webhook": {"host": address, "port": serves, "certDir": str(_certificate(cluster))},
        "internalCertManagement": {"enable": False},
        "integrations": {"frameworks": ["batch/job", "pod", "deployment"]},
    }  # fmt: skip
    file = cluster.folder / "kueue.yaml"
    file.write_text(json.dumps(settings))
    hooks: list[str] = []
    try:
        _define(client, parts / "crd" / "bases", asked)
        running.start(_NAME, [
            "unshare", "--mount", "sh", "-ec", _LAID.format(pair=cluster.folder / "kueue"),
            str(controller(_NAME)), f"--config={file}", f"--kubeconfig={cluster.kubeconfig}",
            "--feature-gates=VisibilityOnDemand=false",
        ])  # fmt: skip
        running.until(lambda: answers(f"http://{address}:{health}/readyz"))
        hooks += _lead(client, parts / "webhook" / "manifests.yaml", asked)
        yield
    finally:
        for each in hooks:
            client.ask("DELETE", each)
        running.end()


def let(client: Client, namespace: str, name: str, quota: Mapping[str, str]) -> None:
    """A queue of a namespace, and how much of what those that it lets in may have at once."""
    flavor = {"apiVersion": VERSION, "kind": "ResourceFlavor", "metadata": {"name": name}}
    rows = [{"name": each, "nominalQuota": much} for each, much in quota.items()]
    group = {"coveredResources": list(quota), "flavors": [{"name": name, "resources": rows}]}
    spec = {"namespaceSelector": {}, "resourceGroups": [group]}
    whole = {"apiVersion": VERSION, "kind": "ClusterQueue", "metadata": {"name": name}}
    local = {"apiVersion": VERSION, "kind": "LocalQueue", "metadata": {"name": name}}
    client.make(f"/apis/{VERSION}/resourceflavors", flavor)
    client.make(f"/apis/{VERSION}/clusterqueues", {**whole, "spec": spec})
    at = f"/apis/{VERSION}/namespaces/{namespace}/localqueues"
    client.make(at, {**local, "spec": {"clusterQueue": name}})
    client.until(f"{at}/{name}", _is_active)


def _is_active(queue: dict[str, Any]) -> bool:
    told = queue.get("status", {}).get("conditions", ())
    return any(each["type"] == "Active" and each["status"] == "True" for each in told)


def _define(client: Client, folder: Path, asked: dict[str, str]) -> None:
    converts = {**asked, "url": f"{asked['url']}/convert"}
    webhook = {"clientConfig": converts, "conversionReviewVersions": ["v1"]}
    for file in sorted(folder.glob("*.yaml")):
        made = yaml.safe_load(file.read_text("utf-8"))
        if made["spec"]["names"]["plural"] in _CONVERTED:
            made["spec"]["conversion"] = {"strategy": "Webhook", "webhook": webhook}
        client.apply(_CRDS, made)
    defined = {file.stem.partition("_")[2] for file in folder.glob("*.yaml")}
    client.until(f"/apis/{VERSION}", lambda told: defined <= {r["name"] for r in told["resources"]})


def _lead(client: Client, file: Path, asked: dict[str, str]) -> list[str]:
    """Let the API server ask it; the paths of what says so."""
    made = []
    for each in yaml.safe_load_all(file.read_text("utf-8")):
        for hook in each["webhooks"]:
            at = hook["clientConfig"].pop("service")["path"]
            hook["clientConfig"] = {**asked, "url": asked["url"] + at}
        each["metadata"]["name"] = f"kueue-{each['metadata']['name']}"
        made.append(client.apply(f"{_HOOKS}/{each['kind'].lower()}s", each))
    return made


def _trust(cluster: Cluster) -> str:
    return base64.b64encode(cluster.api.keys.authority.read_bytes()).decode()


def _certificate(cluster: Cluster) -> Path:
    made = cluster.api.keys.issue(_NAME, addresses=(cluster.api.address,))
    folder = cluster.folder / "kueue"
    folder.mkdir(exist_ok=True)
    shutil.copy(made, folder / "tls.crt")
    shutil.copy(made.with_suffix(".key"), folder / "tls.key")
    return folder
