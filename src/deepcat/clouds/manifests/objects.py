"""The objects by which a server runs on a cluster, for any that is of version 1.28 or newer. Pure.

A pod has an init step, which fetches each model and holds it against its checksum, and the server,
by TensorFlow Serving's flags alone. It meets the restricted Pod Security Standard: no root, nothing
that it may write but its own scratch folders, no token of the cluster. A pod that shall end is
taken out of the service first, and answers until that is known everywhere.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from deepcat.clouds.manifests.values import DOMAIN, LONGEST, Model, Served, short

Object = dict[str, Any]

REST, GRPC = 8501, 8500
SERVER = "server"
_CARDS = "cards"
FETCH = "fetch"
STATE = f"{DOMAIN}/state"
# Nobody, as our image and TensorFlow Serving's know it.
USER = 65534
# How much of an archive one object of the cluster's holds, and how much all together may.
_PIECE, MOST_CARRIED = 900_000, 8_000_000
_GIVEN, _MODELS, _SETTINGS = "/given", "/models", "/settings"
# Where a server reads whose keys count, and its certificate.
ACCESS = "/access"
_LIST, _BATCHING = "models.config", "batching.config"
# Until a pod that ends is known to be out of the service, on every node.
DRAIN_S = 5
_ENDS_S = 60
_LEAST_MiB, _MEMORY_FACTOR = 2048, 2
_POLL_S = 60
_PORT = re.compile(r"[a-z]+://[^/?#]*:([0-9]{1,5})(?:[/?#]|\Z)")


def selector(served: Served) -> dict[str, str]:
    """The labels by which the pods of a server are found."""
    return {"app.kubernetes.io/name": served.name, "app.kubernetes.io/managed-by": DOMAIN}


def standing(served: Served) -> dict[str, str]:
    """The labels by which those of them are found that are of its state."""
    return selector(served) | ({STATE: served.state} if served.state else {})


def state(served: Served) -> str:
    """What tells these pods from others of the same server."""
    told = json.dumps([pod(served), _said(served)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def objects(served: Served) -> list[Object]:
    """All of a server: what it is given, its pods, and how they are reached and kept.

    Raises:
        ValueError: its models are too large to come along with it.
    """
    found = [
        *pieces(served),
        _settings(served),
        deployment(served),
        service(served),
        budget(served),
    ]
    found.append(policy(served))
    if served.scales:
        found.append(scaler(served))
    return found


def deployment(served: Served) -> Object:
    """The pods of a server; a new one is ready before an old one ends."""
    chosen = standing(served)
    spec: Object = {
        "replicas": served.replicas,
        "revisionHistoryLimit": 2,
        "progressDeadlineSeconds": served.patience_s + 60,
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
        },
        "selector": {"matchLabels": chosen},
        "template": {
            "metadata": {
                "labels": {**chosen, **served.labels},
                **_said(served),
            },
            "spec": pod(served),
        },
    }
    if served.scales:
        del spec["replicas"]  # the scaler's to say
    found = as_object(served, "apps/v1", "Deployment", served.workload, spec=spec)
    found["metadata"]["labels"] |= served.marks
    return found


def pod(served: Served) -> Object:
    """What runs of a server."""
    ready, alive = _probes(served)
    bounds = resources(served)
    server: Object = {
        "name": SERVER,
        "image": served.image,
        "command": ["tensorflow_model_server"],
        "args": _flags(served),
        "ports": [
            {"name": "rest", "containerPort": REST, "protocol": "TCP"},
            {"name": "grpc", "containerPort": GRPC, "protocol": "TCP"},
        ],
        "startupProbe": {
            **ready,
            "periodSeconds": 2,
            "timeoutSeconds": 5,
            "failureThreshold": max(1, served.patience_s // 2),
        },
        "readinessProbe": {**ready, "periodSeconds": 5, "timeoutSeconds": 5},
        "livenessProbe": {
            **alive,
            "periodSeconds": 10,
            "timeoutSeconds": 10,
            "failureThreshold": 6,
        },
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", str(DRAIN_S)]}}},
        "resources": bounds,
        "securityContext": SHUT,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"name": "models", "mountPath": _MODELS, "readOnly": True},
            {"name": "settings", "mountPath": _SETTINGS, "readOnly": True},
            {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 - of the container
        ],
    }
    if served.guard is not None and served.guard.secret:
        server["volumeMounts"].append({"name": "access", "mountPath": ACCESS, "readOnly": True})
    if served.environment:
        server["env"] = [
            {"name": name, "value": value.replace("$(", "$$(")}
            for name, value in sorted(served.environment.items())
        ]
    return {
        **shut(),
        "terminationGracePeriodSeconds": _ENDS_S,
        "initContainers": [fetching(served)],
        "containers": [server],
        "volumes": [
            {"name": "models", "emptyDir": {}},
            {"name": "scratch", "emptyDir": {}},
            {"name": "settings", "configMap": {"name": settings_name(served)}},
            *given(served),
            *_access(served),
        ],
        **placed(served),
    }


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


def _probes(served: Served) -> tuple[Object, Object]:
    """What says that a server can be asked, and that it lives; neither shows a key."""
    first, guard = served.models[0].name, served.guard
    if guard is None:
        paths = f"/v1/models/{first}/metadata", f"/v1/models/{first}"
    else:  # of our image alone, which answers these to whoever asks
        paths = "/readyz", "/healthz"
    way = {"scheme": "HTTPS"} if guard is not None and guard.is_tls else {}
    ready, alive = ({"httpGet": {"path": path, "port": "rest", **way}} for path in paths)
    return ready, alive


def _access(served: Served) -> list[Object]:
    """What the server reads of its callers: others count without a new start."""
    if served.guard is None or not served.guard.secret:
        return []
    return [{"name": "access", "secret": {"secretName": served.guard.secret, "defaultMode": 0o440}}]


SHUT: Mapping[str, Any] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
}


def service(served: Served) -> Object:
    """The one address of a server, whichever pods stand behind it."""
    ports = [
        {"name": name, "port": port, "targetPort": name, "protocol": "TCP"}
        for name, port in (("rest", REST), ("grpc", GRPC))
    ]
    spec = {"type": "ClusterIP", "selector": standing(served), "ports": ports}
    return as_object(served, "v1", "Service", served.name, spec=spec)


def budget(served: Served) -> Object:
    """How many pods of a server may be taken away at once, as when a node is emptied."""
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": selector(served)}}
    return as_object(served, "policy/v1", "PodDisruptionBudget", served.name, spec=spec)


def policy(served: Served) -> Object:
    """Who may call a server, and whom it may call: its two ports, and where it fetches what."""
    egress: list[Object] = []
    called = [model.source for model in served.models if model.source]
    called += [served.guard.issuer] if served.guard is not None and served.guard.issuer else []
    if called:
        names = [{"port": 53, "protocol": each} for each in ("UDP", "TCP")]
        ports = sorted({_port(each) for each in called})
        egress = [{"ports": [*names, *({"port": each, "protocol": "TCP"} for each in ports)]}]
    spec = {
        "podSelector": {"matchLabels": selector(served)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"ports": [{"port": each, "protocol": "TCP"} for each in (REST, GRPC)]}],
        "egress": egress,
    }
    return as_object(served, "networking.k8s.io/v1", "NetworkPolicy", served.name, spec=spec)


def _port(address: str) -> int:
    """Where an https address is fetched from."""
    found = _PORT.match(address)
    return int(found[1]) if found else 443


def scaler(served: Served) -> Object:
    """More pods while those that are there compute most of the time."""
    busy = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 75}}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": served.workload},
        "minReplicas": served.least or served.replicas,
        "maxReplicas": served.most,
        "metrics": [{"type": "Resource", "resource": busy}],
    }
    return as_object(served, "autoscaling/v2", "HorizontalPodAutoscaler", served.name, spec=spec)


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


def settings_name(served: Served) -> str:
    """Of what holds a server's settings: another one once they are others."""
    told = hashlib.sha256(json.dumps(_files(served), sort_keys=True).encode()).hexdigest()[:10]
    return f"{short(served.name, LONGEST - 11)}-{told}"


def _settings(served: Served) -> Object:
    return as_object(
        served, "v1", "ConfigMap", settings_name(served), immutable=True, data=_files(served)
    )


def _files(served: Served) -> dict[str, str]:
    each = "".join(
        f"  config {{ name: {json.dumps(model.name)} base_path: "
        f'{json.dumps(f"{_MODELS}/{model.folder or model.name}")} model_platform: "tensorflow" }}\n'
        for model in served.models
    )
    found = {_LIST: f"model_config_list {{\n{each}}}\n"}
    if served.batching is not None:
        lines = (f"{name} {{ value: {int(v)} }}\n" for name, v in sorted(served.batching.items()))
        found[_BATCHING] = "".join(lines)
    return found


def _flags(served: Served) -> list[str]:
    found = [
        f"--port={GRPC}",
        f"--rest_api_port={REST}",
        f"--model_config_file={_SETTINGS}/{_LIST}",
        f"--file_system_poll_wait_seconds={_POLL_S}",
    ]
    if served.batching is not None:
        found.append("--enable_batching=true")
        found.append(f"--batching_parameters_file={_SETTINGS}/{_BATCHING}")
    return [*found, *(served.guard.flags if served.guard is not None else ())]


def fetching(served: Served) -> Object:
    """The init step: it says what went wrong where who describes the pod reads it."""
    wanted = [
        {
            "name": model.folder or model.name,
            "version": model.version,
            "sha256": model.sha256,
            **({"source": model.source} if model.source else {"pieces": _folder(model)}),
            **({"plain": True} if model.is_plain else {}),
        }
        for model in served.models
    ]
    carried = [
        {"name": f"given-{_key(model)}", "mountPath": _folder(model), "readOnly": True}
        for model in _coming(served)
    ]
    text = json.dumps(wanted, sort_keys=True)
    return {
        "name": FETCH,
        "image": served.fetcher or served.image,
        "command": ["deepcat-fetch"],
        "env": [{"name": "DEEPCAT_MODELS", "value": text.replace("$(", "$$(")}],
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"memory": "1Gi"},
        },
        "securityContext": SHUT,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"name": "models", "mountPath": _MODELS},
            {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 - of the container
            *carried,
        ],
    }


def _coming(served: Served) -> list[Model]:
    """The models that come along, each archive once."""
    own = {model.sha256: model for model in served.models if not model.source}
    return list(own.values())


def _key(model: Model) -> str:
    return model.sha256[:16]


def _folder(model: Model) -> str:
    return f"{_GIVEN}/{_key(model)}"


def _pieces(model: Model) -> list[bytes]:
    content = model.content
    return [content[at : at + _PIECE] for at in range(0, max(1, len(content)), _PIECE)]


def _piece_name(served: Served, model: Model, number: int) -> str:
    return f"{short(served.name, LONGEST - 20)}-{_key(model)}-{number:02d}"


def pieces(served: Served) -> list[Object]:
    """What holds the models that come along, in parts.

    Raises:
        ValueError: they are too large for that.
    """
    own = _coming(served)
    if (size := sum(len(model.content) for model in own)) > MOST_CARRIED:
        raise ValueError(
            f"the models take {size / 1e6:.1f} MB, and {MOST_CARRIED / 1e6:.0f} MB can come along"
        )
    return [
        as_object(
            served, "v1", "ConfigMap", _piece_name(served, model, number),
            immutable=True, binaryData={f"{number:02d}": base64.b64encode(piece).decode()},
        )
        for model in own
        for number, piece in enumerate(_pieces(model))
    ]  # fmt: skip


def given(served: Served) -> list[Object]:
    """The volumes by which a pod sees what comes along."""
    return [
        {
            "name": f"given-{_key(model)}",
            "projected": {
                "sources": [
                    {"configMap": {"name": _piece_name(served, model, number)}}
                    for number, _ in enumerate(_pieces(model))
                ]
            },
        }
        for model in _coming(served)
    ]


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


def _said(served: Served) -> Object:
    return {"annotations": dict(served.annotations)} if served.annotations else {}


def as_object(served: Served, version: str, kind: str, name: str, **content: Any) -> Object:
    """An object that bears the labels of a server."""
    metadata: Object = {"name": name, "labels": {**selector(served), **served.labels}}
    if served.namespace:
        metadata["namespace"] = served.namespace
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {**metadata, **_said(served)},
        **content,
    }
