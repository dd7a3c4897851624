"""The objects by which a container runs on a cluster for as long as it is wished. Pure.

It is some image's own program, by what the restricted Pod Security Standard lets it do. It answers
once its first port takes connections.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from deepcat.clouds.manifests import pods
from deepcat.clouds.manifests.jobs import WORK, escaped
from deepcat.clouds.manifests.pods import SHUT, Object
from deepcat.clouds.manifests.values import Served

CONTAINER = "container"
_ENDS_S = 30


@dataclass(frozen=True, slots=True)
class Container:
    """One container.

    Attributes:
        what: its objects' name, labels and state, its image, what it asks of nodes; no models.
        line: the command, as a shell reads it; the image's own program where empty.
        ports: at which it listens; the first one tells whether it answers.
        volumes: folders of the container that are its own folder.
        environment: variables.
        connects: whether it may call out.
        is_pulled: whether the registry is asked for its image each time.
    """

    what: Served
    line: str = ""
    ports: tuple[int, ...] = ()
    volumes: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    connects: bool = False
    is_pulled: bool = False


def state(container: Container) -> str:
    """What tells its pods from others of the same node."""
    told = json.dumps(pod(container), sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def made_of(container: Container) -> list[Object]:
    """All of a container but what leads to it: its pods, and whom they may call."""
    return [policy(container), deployment(container)]


def deployment(container: Container) -> Object:
    """What keeps its pod."""
    what = container.what
    chosen = pods.standing(what)
    spec = {
        "replicas": 1,
        "revisionHistoryLimit": 2,
        "progressDeadlineSeconds": what.patience_s + 60,
        "selector": {"matchLabels": chosen},
        "template": {"metadata": {"labels": {**chosen, **what.labels}}, "spec": pod(container)},
    }
    found = pods.as_object(what, "apps/v1", "Deployment", what.workload, spec=spec)
    found["metadata"]["labels"] |= what.marks
    return found


def pod(container: Container) -> Object:
    """What runs of it."""
    what = container.what
    variables = {"HOME": WORK, **container.environment}
    folders = dict.fromkeys((WORK, *container.volumes))
    own: Object = {
        "name": CONTAINER,
        "image": what.image,
        "imagePullPolicy": "Always" if container.is_pulled else "IfNotPresent",
        "env": [{"name": k, "value": escaped(v)} for k, v in sorted(variables.items())],
        "resources": pods.resources(what),
        "securityContext": SHUT,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            *({"name": "work", "mountPath": each} for each in folders),
            {"name": "own", "mountPath": "/tmp"},  # noqa: S108 - of the container
        ],
    }
    if container.line:
        own["command"] = ["/bin/sh", "-c", escaped(container.line)]
    if container.ports:
        own["ports"] = [{"containerPort": each, "protocol": "TCP"} for each in container.ports]
        tried = {"tcpSocket": {"port": container.ports[0]}}
        most = max(1, what.patience_s // 2)
        own["startupProbe"] = {**tried, "periodSeconds": 2, "failureThreshold": most}
        own["readinessProbe"] = {**tried, "periodSeconds": 5}
    return {
        **pods.shut(),
        "terminationGracePeriodSeconds": _ENDS_S,
        "containers": [own],
        "volumes": [{"name": each, "emptyDir": {}} for each in ("own", "work")],
        **pods.placed(what),
    }


def service(what: Served, ports: tuple[int, ...]) -> Object:
    """The one address of a container."""
    told = [
        {"name": f"port-{each}", "port": each, "targetPort": each, "protocol": "TCP"}
        for each in ports
    ]
    spec = {"type": "ClusterIP", "selector": pods.standing(what), "ports": told}
    return pods.as_object(what, "v1", "Service", what.name, spec=spec)


def policy(container: Container) -> Object:
    """Who may call it, at its ports; and whom it may call: everybody, or nobody."""
    ports = [{"port": each, "protocol": "TCP"} for each in container.ports]
    spec = {
        "podSelector": {"matchLabels": pods.selector(container.what)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"ports": ports}] if ports else [],
        "egress": [{}] if container.connects else [],
    }
    name, version = container.what.name, "networking.k8s.io/v1"
    return pods.as_object(container.what, version, "NetworkPolicy", name, spec=spec)
