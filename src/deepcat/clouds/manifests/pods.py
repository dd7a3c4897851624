"""What all pods of ours share: labels, what they may not, what they ask nodes for. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from deepcat.clouds.manifests.values import DOMAIN, LONGEST, Served, short

Object = dict[str, Any]

STATE = f"{DOMAIN}/state"
# Nobody, as our image and TensorFlow Serving's know it.
USER = 65534
_CARDS = "cards"
_LEAST_MiB, _MEMORY_FACTOR = 2048, 2
SHUT: Mapping[str, Any] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
}


def selector(served: Served) -> dict[str, str]:
    """The labels by which the pods of a server are found."""
    return {"app.kubernetes.io/name": served.name, "app.kubernetes.io/managed-by": DOMAIN}


def standing(served: Served) -> dict[str, str]:
    """The labels by which those of them are found that are of its state."""
    return selector(served) | ({STATE: served.state} if served.state else {})


def as_object(served: Served, version: str, kind: str, name: str, **content: Any) -> Object:
    """An object that bears the labels of a server."""
    metadata: Object = {"name": name, "labels": {**selector(served), **served.labels}}
    if served.namespace:
        metadata["namespace"] = served.namespace
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {**metadata, **said(served)},
        **content,
    }


def said(served: Served) -> Object:
    """What only says something of an object, as its metadata."""
    return {"annotations": dict(served.annotations)} if served.annotations else {}


def shut() -> Object:
    """What a pod may not, of the restricted Pod Security Standard."""
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }


def placed(served: Served) -> Object:
    """What a pod's images are pulled with, and which nodes and accelerators it asks for."""
    found: Object = {}
    if served.pull_secret:
        found["imagePullSecrets"] = [{"name": served.pull_secret}]
    if served.card is not None:
        if served.card.resource:
            found["tolerations"] = [
                {"key": served.card.resource, "operator": "Exists", "effect": "NoSchedule"}
            ]
        if served.card.device_class:
            told = {"name": _CARDS, "resourceClaimTemplateName": claim_name(served)}
            found["resourceClaims"] = [told]
        if served.card.labels:
            found["nodeSelector"] = dict(served.card.labels)
    return found


def resources(served: Served) -> Object:
    """What a pod asks a node for, and what it may not go beyond."""
    memory = max(_LEAST_MiB, _MEMORY_FACTOR * served.memory_MiB)
    asked = max(served.memory_MiB, 512)
    requests: Object = {"cpu": f"{round(1000 * served.cpus)}m", "memory": f"{asked}Mi"}
    limits: Object = {"memory": f"{memory}Mi"}
    if served.card is not None and served.card.device_class:
        return {"requests": requests, "limits": limits, "claims": [{"name": _CARDS}]}
    if served.card is not None and served.card.count:
        requests[served.card.resource] = limits[served.card.resource] = str(served.card.count)
    return {"requests": requests, "limits": limits}


def claim(served: Served, version: str) -> Object:
    """What each pod of a server claims; of a group that says the same otherwise in each version.

    Args:
        served: whose accelerators are claimed.
        version: of the group, as the cluster serves it.
    """
    wanted = {"name": _CARDS, **_asked(served)}
    if version != "v1beta1":
        wanted = {"name": _CARDS, "exactly": _asked(served)}
    spec = {"spec": {"devices": {"requests": [wanted]}}}
    kind = "ResourceClaimTemplate"
    return as_object(served, f"resource.k8s.io/{version}", kind, claim_name(served), spec=spec)


def claim_name(served: Served) -> str:
    """Of what pods claim by: another one for each state, and once it is another claim."""
    told = json.dumps([served.state, _asked(served)], sort_keys=True)
    digest = hashlib.sha256(told.encode()).hexdigest()[:8]
    return f"{short(served.name, LONGEST - 16)}-{_CARDS}-{digest}"


def _asked(served: Served) -> Object:
    card = served.card
    if card is None or not card.device_class:
        raise ValueError(f"`{served.name}` claims nothing")
    found: Object = {"deviceClassName": card.device_class, "count": card.count}
    if card.expression:
        found["selectors"] = [{"cel": {"expression": card.expression}}]
    return found
