"""The objects by which a notebook runs on a cluster. Pure.

It is a job of one container of our image, so that its pod ends by itself when nobody uses it, and
another one takes its place when something else ended it. Its work lies on a claim, which outlives
both; the secret that lets in is a file of the pod's. It listens on its own loopback alone: nobody
comes in but by a port-forward.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from deepcat.clouds.manifests import pods
from deepcat.clouds.manifests.jobs import escaped
from deepcat.clouds.manifests.pods import SHUT, Object
from deepcat.clouds.manifests.values import Served
from deepcat.host.notebook.pods import values

NOTEBOOK = "notebook"
PROGRAM = "deepcat-notebook"
_ENDS_S, _SHARED = 30, "1Gi"
# What ends it again and again is told before; what takes its pods away may do so as often.
_TRIES = 1000
# Of a job that hands the work out, whose pod ended: who began it was killed.
_STAYS_S = 60


@dataclass(frozen=True, slots=True)
class Notebook:
    """One notebook.

    Attributes:
        what: its objects' name, labels and image, what it asks of nodes; no models.
        told: what its pod is told, as plain data; see `deepcat.host.notebook.pods.values`.
        claim: name of the claim that keeps the work.
        storage: how much that holds, as Kubernetes writes it.
        storage_class: of the claim; the cluster's own where empty.
        secret: name of what lets in.
        connects: whether it may call out.
    """

    what: Served
    told: Mapping[str, Any]
    claim: str
    storage: str
    storage_class: str
    secret: str
    connects: bool = False


def made_of(notebook: Notebook) -> list[Object]:
    """All of a notebook but its secret, the job itself last."""
    return [claim(notebook), policy(notebook), job(notebook)]


def claim(notebook: Notebook) -> Object:
    """What keeps the work, whatever becomes of pods."""
    spec: Object = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": notebook.storage}},
    }
    if notebook.storage_class:
        spec["storageClassName"] = notebook.storage_class
    kind = "PersistentVolumeClaim"
    found = pods.as_object(notebook.what, "v1", kind, notebook.claim, spec=spec)
    found["metadata"]["labels"].pop("app.kubernetes.io/name")  # it outlives what bears the name
    return found


def policy(notebook: Notebook) -> Object:
    """Whom it may call: everybody, or nobody; nobody calls it."""
    spec = {
        "podSelector": {"matchLabels": pods.selector(notebook.what)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [],
        "egress": [{}] if notebook.connects else [],
    }
    name, version = notebook.what.name, "networking.k8s.io/v1"
    return pods.as_object(notebook.what, version, "NetworkPolicy", name, spec=spec)


def job(notebook: Notebook) -> Object:
    """What puts a pod there for as long as it is not stopped."""
    spec: Object = {
        "completions": 1,
        "parallelism": 1,
        "backoffLimit": _TRIES,
        "podFailurePolicy": {
            "rules": [
                {
                    "action": "Ignore",
                    "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
                }
            ]
        },
        "template": {
            "metadata": {"labels": {**pods.selector(notebook.what), **notebook.what.labels}},
            "spec": pod(notebook),
        },
    }
    found = pods.as_object(notebook.what, "batch/v1", "Job", notebook.what.name, spec=spec)
    found["metadata"]["labels"] |= notebook.what.marks
    return found


def again(there: Mapping[str, Any], name: str = "", *, reads: bool = False) -> Object:
    """A job once more, by what the cluster has of it.

    Args:
        there: the job, as the API gives it.
        name: of the new one; the same where empty.
        reads: whether its pod only hands the work out, and asks for no accelerators.
    """
    known = there["metadata"]
    name = name or str(known["name"])
    template = there["spec"]["template"]
    inner = {**template["spec"]}
    if reads:
        inner = _reading(inner)
    plain = {
        "metadata": {"labels": _own_labels(template["metadata"].get("labels") or {})},
        "spec": inner,
    }
    kept = ("completions", "parallelism", "backoffLimit", "podFailurePolicy")
    spec = {key: there["spec"][key] for key in kept if key in there["spec"]}
    if reads:
        spec["ttlSecondsAfterFinished"] = _STAYS_S
    metadata: Object = {
        "name": name,
        "namespace": known["namespace"],
        "labels": _own_labels(known.get("labels") or {}),
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {**spec, "template": plain},
    }


def _own_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Without those that the cluster gave it."""
    theirs = ("batch.kubernetes.io/", "controller-uid", "job-name")
    return {key: value for key, value in labels.items() if not key.startswith(theirs)}


def _reading(spec: Mapping[str, Any]) -> Object:
    (container,) = spec["containers"]
    env = [
        {
            "name": values.VARIABLE,
            "value": escaped(json.dumps({**told_of(container), "reads": True})),
        }
    ]
    resources = {
        "requests": {"cpu": "50m", "memory": "128Mi"},
        "limits": {"memory": "512Mi"},
    }
    own = {**container, "env": env, "resources": resources}
    left = ("resourceClaims", "nodeSelector")
    return {**{k: v for k, v in spec.items() if k not in left}, "containers": [own]}


def told_of(container: Mapping[str, Any]) -> dict[str, Any]:
    """What a container was told, as `Notebook.told` has it."""
    for each in container.get("env") or ():
        if each.get("name") == values.VARIABLE:
            found = json.loads(str(each.get("value") or "{}").replace("$$(", "$("))
            return found if isinstance(found, dict) else {}
    return {}


def pod(notebook: Notebook) -> Object:
    """What runs of it."""
    told = json.dumps(dict(notebook.told), sort_keys=True)
    what = notebook.what
    own: Object = {
        "name": NOTEBOOK,
        "image": what.fetcher or what.image,
        "imagePullPolicy": "IfNotPresent",
        "command": [PROGRAM],
        "env": [{"name": values.VARIABLE, "value": escaped(told)}],
        "resources": pods.resources(what),
        "securityContext": SHUT,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"name": "work", "mountPath": str(values.KEPT)},
            {"name": "token", "mountPath": str(values.SECRET), "readOnly": True},
            {"name": "own", "mountPath": "/tmp"},  # noqa: S108 - of the container
            {"name": "shared", "mountPath": "/dev/shm"},  # noqa: S108 - of the container
        ],
    }
    return {
        **pods.shut(),
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": _ENDS_S,
        "containers": [own],
        "volumes": [
            {"name": "own", "emptyDir": {}},
            {"name": "shared", "emptyDir": {"medium": "Memory", "sizeLimit": _SHARED}},
            {"name": "work", "persistentVolumeClaim": {"claimName": notebook.claim}},
            {"name": "token", "secret": {"secretName": notebook.secret, "defaultMode": 0o440}},
        ],
        **pods.placed(what),
    }


def named(notebook: Notebook, name: str) -> Notebook:
    """The same under another name."""
    return replace(notebook, what=replace(notebook.what, name=name))
