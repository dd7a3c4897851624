"""The objects by which a training runs on a cluster. Pure.

They are a job's. Its pod has two containers of our image: one runs the training's command, the
other looks after it, holds its limits and hands on what it made. The cluster asks this one whether
the training may go on, and ends the first where it may not; a script sees nothing of what is told
of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from deepcat.clouds.manifests import fetching, jobs, pods
from deepcat.clouds.manifests.jobs import (
    JOB,
    MODULE,
    WORK,
    Batch,
    Mounted,
    Staging,
    Training,
    escaped,
)
from deepcat.clouds.manifests.pods import SHUT, Object
from deepcat.host.job.pods import values

KEEP = "keep"
# As what an environment comes along, and where the init step lays it.
PACKAGES = "packages"
# As what comes along of its data.
DATA = "data"
# The label by which a cluster tells whose pod this is, and which nobody can guess.
TICKET = "batch.kubernetes.io/controller-uid"
_KEPT, _ENVIRONMENT = str(values.KEPT), str(values.ENVIRONMENT)
_ROOM = 64 << 20
_PERIOD_S, _MISSES, _PATIENCE_S, _GRACE_S = 2, 3, 10, 60


def made_of(batch: Batch) -> list[Object]:
    """All of a training, the job itself last.

    Raises:
        ValueError: it is none, or what comes along is too large.
    """
    *given, job = jobs.made_of(batch)
    spec = job["spec"]
    spec["backoffLimit"] = 0  # it is tried again in its pod, where its checkpoints lie
    spec.pop("activeDeadlineSeconds", None)  # what it made is handed on for longer
    spec["template"]["spec"] = pod(batch)
    return [*given, job]


def pod(batch: Batch) -> Object:
    """What runs of a training.

    Raises:
        ValueError: it is none.
    """
    if batch.training is None:
        raise ValueError(f"`{batch.what.name}` is no training")
    return {
        **pods.shut(),
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": _GRACE_S,
        "initContainers": [
            fetching.fetching(batch.what),
            *([_staging(batch, batch.training.staging)] if batch.training.staging else []),
        ],
        # In this order: the second is asked of the first.
        "containers": [_keeping(batch, batch.training), _running(batch, batch.training)],
        "volumes": [
            *({"name": each, "emptyDir": {}} for each in ("models", "scratch", "own", "kept")),
            {"name": "work", "emptyDir": _bounded(batch.training)},
            *_data(batch.training),
            *fetching.given(batch.what),
            *(
                {"name": f"folder-{number}", "persistentVolumeClaim": {"claimName": claim}}
                for number, (_, claim) in enumerate(sorted(batch.folders.items()))
            ),
            *_claimed(batch.training),
            *volumes_of(batch.training.mounts),
        ],
        **pods.placed(batch.what),
    }


def _bounded(training: Training) -> Object:
    """The bound that its node holds, should what looks after it not."""
    return {"sizeLimit": str(2 * training.disk_bytes)} if training.disk_bytes else {}


def _claimed(training: Training) -> list[Object]:
    if not training.claim:
        return []
    return [{"name": "checkpoints", "persistentVolumeClaim": {"claimName": training.claim}}]


def _checkpoints(training: Training, *, reads: bool) -> list[Object]:
    if not training.claim:
        return []
    own = {"name": "checkpoints", "subPath": training.folder}
    if reads:  # below what is read only itself no place for it can be made
        return [{**own, "mountPath": str(values.CLAIMED), "readOnly": True}]
    return [{**own, "mountPath": f"{WORK}/{values.CHECKPOINTS}"}]


def _data(training: Training) -> list[Object]:
    if training.staging is None:
        return []
    return [{"name": DATA, "emptyDir": {"sizeLimit": str(2 * training.staging.bytes + _ROOM)}}]


def _staging(batch: Batch, staging: Staging) -> Object:
    """The init step that brings its data, which the script then only reads."""
    told = json.dumps({"data": staging.data, "hosts": staging.hosts}, sort_keys=True)
    return {
        **_of_ours(batch, "stage", "deepcat-stage"),
        "env": [{"name": values.STAGED, "value": escaped(told)}],
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"memory": "1Gi"},
        },
        "volumeMounts": [
            {"name": DATA, "mountPath": str(values.DATA)},
            {
                **{"name": "models", "mountPath": str(values.BROUGHT)},
                **{"subPath": f"{DATA}/1", "readOnly": True},
            },
        ],
    }


def _keeping(batch: Batch, training: Training) -> Object:
    limits = pods.resources(batch.what)["limits"]
    held = {"memory_bytes": _bytes(limits["memory"]), **training.held}
    held |= {"checkpoints": str(values.CLAIMED)} if training.claim else {}
    ticket = {"fieldRef": {"fieldPath": f"metadata.labels['{TICKET}']"}}
    return {
        **_of_ours(batch, KEEP, "deepcat-keep"),
        "env": [_told(held), {"name": values.TICKET, "valueFrom": ticket}],
        "ports": [{"name": KEEP, "containerPort": values.PORT, "protocol": "TCP"}],
        "resources": {
            "requests": {"cpu": "50m", "memory": "64Mi"},
            "limits": {"memory": "512Mi"},
        },
        # The next container is begun once this is over.
        "lifecycle": {"postStart": {"exec": {"command": ["sleep", "1"]}}},
        "volumeMounts": [
            {"name": "kept", "mountPath": _KEPT},
            {"name": "work", "mountPath": WORK, "readOnly": True},
            *_checkpoints(training, reads=True),
        ],
    }


def _running(batch: Batch, training: Training) -> Object:
    asked = {"path": values.GOES_ON, "port": values.PORT}
    found: Object = {
        **_of_ours(batch, JOB, "deepcat-train"),
        "env": [_told(training.runs)],
        "resources": pods.resources(batch.what),
        "livenessProbe": {
            "httpGet": asked,
            "periodSeconds": _PERIOD_S,
            "failureThreshold": _MISSES,
            "timeoutSeconds": _PATIENCE_S,
            "terminationGracePeriodSeconds": _GRACE_S,
        },
        "volumeMounts": [
            {"name": "work", "mountPath": WORK},
            {"name": "models", "mountPath": MODULE, "subPath": jobs.LAID, "readOnly": True},
            {"name": "own", "mountPath": "/tmp"},  # noqa: S108 - of the container
            *(
                {"name": f"folder-{number}", "mountPath": path}
                for number, path in enumerate(sorted(batch.folders))
            ),
            *_checkpoints(training, reads=False),
        ],
    }
    if training.staging is not None:
        own = {"name": DATA, "mountPath": str(values.DATA), "readOnly": True}
        found["volumeMounts"].append(own)
    for each in training.mounts:
        part = {"subPath": each.folder} if each.folder else {}
        at = {"mountPath": str(values.MOUNTED / each.name), "readOnly": True}
        found["volumeMounts"].append({"name": _of(each), **at, **part})
    if training.brings:
        at = {"mountPath": _ENVIRONMENT, "subPath": f"{PACKAGES}/1", "readOnly": True}
        found["volumeMounts"].append({"name": "models", **at})
    return found


def _of_ours(batch: Batch, name: str, program: str) -> Object:
    return {
        "name": name,
        "image": batch.what.fetcher or batch.what.image,
        "imagePullPolicy": "IfNotPresent",
        "command": [program],
        "securityContext": SHUT,
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def volumes_of(mounts: Iterable[Mounted]) -> list[Object]:
    """What a pod's node mounts for it."""
    return [{"name": _of(each), **each.volume} for each in mounts]


def _of(mounted: Mounted) -> str:
    """The name of its volume, as a cluster takes it."""
    return f"mounted-{hashlib.sha256(mounted.name.encode()).hexdigest()[:12]}"


def _told(told: Any) -> Object:
    return {"name": values.VARIABLE, "value": escaped(json.dumps(told, sort_keys=True))}


def _bytes(amount: str) -> int:
    """Of a limit as `pods.resources` writes it."""
    return int(amount.removesuffix("Mi")) << 20
