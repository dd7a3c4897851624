"""The objects by which a server runs on a cluster, for any that is of version 1.28 or newer. Pure.

A pod has an init step, which fetches each model and holds it against its checksum, and the server,
by TensorFlow Serving's flags alone. It meets the restricted Pod Security Standard: no root, nothing
that it may write but its own scratch folders, no token of the cluster. A pod that shall end is
taken out of the service first, and answers until that is known everywhere.
"""

from __future__ import annotations

import hashlib
import json
import re

from deepcat.clouds.manifests.fetching import MODELS, fetching, given, pieces
from deepcat.clouds.manifests.pods import (
    SHUT,
    Object,
    as_object,
    placed,
    resources,
    said,
    selector,
    shut,
    standing,
)
from deepcat.clouds.manifests.values import LONGEST, Served, short

REST, GRPC = 8501, 8500
SERVER = "server"
_SETTINGS = "/settings"
# Where a server reads whose keys count, and its certificate.
ACCESS = "/access"
_LIST, _BATCHING = "models.config", "batching.config"
# Until a pod that ends is known to be out of the service, on every node.
DRAIN_S = 5
_ENDS_S = 60
_POLL_S = 60
_PORT = re.compile(r"[a-z]+://[^/?#]*:([0-9]{1,5})(?:[/?#]|\Z)")


def state(served: Served) -> str:
    """What tells these pods from others of the same server."""
    told = json.dumps([pod(served), said(served)], sort_keys=True)
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
                **said(served),
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
            {"name": "models", "mountPath": MODELS, "readOnly": True},
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
        f'{json.dumps(f"{MODELS}/{model.folder or model.name}")} model_platform: "tensorflow" }}\n'
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
