"""The objects by which a batch job runs on a cluster, for any of version 1.28 or newer. Pure.

A pod has an init step, which lays the module's files, and the job's own container: any image with a
`/bin/sh`, by what the restricted Pod Security Standard lets it do. It is begun once: a pod that the
cluster takes away is made anew, one that ends badly only as often as the job asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deepcat.clouds.manifests import fetching, pods
from deepcat.clouds.manifests.pods import SHUT, Object
from deepcat.clouds.manifests.values import Served

JOB = "job"
# Where a job finds its folder and the module's files; see `deepcat.host.job`.
WORK, MODULE = "/work", "/module"
# As what the module's files come along, and where the init step lays them.
FILES = "module"
LAID = f"{FILES}/1"
_ENDS_S = 10
# By how much one may begin late, as after a pause of the cluster; else it is left out.
_LATE_S = 300


@dataclass(frozen=True, slots=True)
class Staging:
    """What brings the data of a training into its pod; see `deepcat.host.job.pods.stage`.

    Attributes:
        data: what is wanted, as plain data.
        hosts: whom it may ask besides the public web.
        bytes: of all of it.
    """

    data: tuple[Mapping[str, Any], ...]
    hosts: tuple[str, ...]
    bytes: int


@dataclass(frozen=True, slots=True)
class Mounted:
    """Data that a training's node mounts for it, read-only.

    Attributes:
        name: by which the module calls it.
        volume: of its pod, but for its name.
        folder: of the volume; empty for all of it.
    """

    name: str
    volume: Mapping[str, Any]
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Training:
    """What a job has besides that is a training.

    Attributes:
        runs: what its container is told, as plain data; see `deepcat.host.job.pods`.
        held: what looks after it is told.
        disk_bytes: that it may write; 0 for any number.
        brings: whether an environment comes along, as the second of its models.
        claim: of the namespace, which holds checkpoints and outlives its pods; empty for none.
        folder: of the claim, which is its own.
        staging: what brings its data; None where it has none.
        mounts: data that is mounted.
    """

    runs: Mapping[str, Any]
    held: Mapping[str, Any]
    disk_bytes: int = 0
    brings: bool = False
    claim: str = ""
    folder: str = ""
    staging: Staging | None = None
    mounts: tuple[Mounted, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """One job.

    Attributes:
        what: its objects' name and labels, its image, what it asks of nodes; its one model is the
            module's files.
        line: the command, as a shell reads it.
        retries: how often it may be tried again when it fails.
        time_s: how long all tries together may take; 0 for any time.
        outputs: stream (``out``, ``err``, ``both``) -> file of its folder that it goes to besides.
        volumes: folders of the container that are its own folder.
        folders: folder of the container -> the claim of the namespace that it is.
        connects: whether it may call out.
        environment: variables.
        owner: what it goes with, as `ownerReferences` have it; empty for nothing.
        training: what it has besides where it is one.
        schedule: when it is run again and again, in cron's words and UTC; empty for once.
    """

    what: Served
    line: str
    retries: int = 0
    time_s: int = 0
    outputs: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    folders: Mapping[str, str] = field(default_factory=dict)
    connects: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    owner: Mapping[str, str] = field(default_factory=dict)
    training: Training | None = None
    schedule: str = ""


def made_of(batch: Batch) -> list[Object]:
    """All of a job, the job itself last: what its pod is given, and whom it may call.

    Raises:
        ValueError: the module's files are too large to come along with it.
    """
    made = repeated(batch) if batch.schedule else job(batch)
    return [*fetching.pieces(batch.what), policy(batch), made]


def job(batch: Batch) -> Object:
    """The job, which its cluster runs to its end."""
    spec: Object = {
        "completions": 1,
        "parallelism": 1,
        "backoffLimit": batch.retries,
        # What its node or the cluster ended is no try of its own.
        "podFailurePolicy": {
            "rules": [
                {
                    "action": "Ignore",
                    "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
                }
            ]
        },
        "template": {
            "metadata": {"labels": {**pods.selector(batch.what), **batch.what.labels}},
            "spec": pod(batch),
        },
    }
    if batch.time_s:
        spec["activeDeadlineSeconds"] = batch.time_s
    found = pods.as_object(batch.what, "batch/v1", "Job", batch.what.name, spec=spec)
    found["metadata"]["labels"] |= batch.what.marks
    if batch.owner:
        found["metadata"]["ownerReferences"] = [dict(batch.owner)]
    return found


def repeated(batch: Batch) -> Object:
    """What runs a job again and again, one at a time, and keeps the last one that ended each way.

    Its jobs bear no labels of the deployment: they are its own, and go with it. Without any of
    theirs the API server would give them all those of their pods.
    """
    spec = {
        "schedule": batch.schedule,
        "timeZone": "Etc/UTC",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": _LATE_S,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 1,
        "jobTemplate": {
            "metadata": {"labels": {**pods.selector(batch.what), **batch.what.marks}},
            "spec": job(batch)["spec"],
        },
    }
    found = pods.as_object(batch.what, "batch/v1", "CronJob", batch.what.name, spec=spec)
    if batch.owner:
        found["metadata"]["ownerReferences"] = [dict(batch.owner)]
    return found


def pod(batch: Batch) -> Object:
    """What runs of a job."""
    own = {"DEEPCAT_MODULE": MODULE, "DEEPCAT_WORK": WORK}
    variables = {"HOME": WORK, **batch.environment, **own}
    container: Object = {
        "name": JOB,
        "image": batch.what.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/bin/sh", "-c", escaped(_line(batch))],
        "workingDir": WORK,
        "env": [{"name": k, "value": escaped(v)} for k, v in sorted(variables.items())],
        "resources": pods.resources(batch.what),
        "securityContext": SHUT,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"name": "work", "mountPath": WORK},
            *({"name": "work", "mountPath": each} for each in batch.volumes if each != WORK),
            {"name": "models", "mountPath": MODULE, "subPath": LAID, "readOnly": True},
            {"name": "own", "mountPath": "/tmp"},  # noqa: S108 - of the container
            *(
                {"name": f"folder-{number}", "mountPath": path}
                for number, path in enumerate(sorted(batch.folders))
            ),
        ],
    }
    return {
        **pods.shut(),
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": _ENDS_S,
        "initContainers": [fetching.fetching(batch.what)],
        "containers": [container],
        "volumes": [
            *({"name": each, "emptyDir": {}} for each in ("models", "scratch", "own", "work")),
            *fetching.given(batch.what),
            *(
                {"name": f"folder-{number}", "persistentVolumeClaim": {"claimName": claim}}
                for number, (_, claim) in enumerate(sorted(batch.folders.items()))
            ),
        ],
        **pods.placed(batch.what),
    }


def policy(batch: Batch) -> Object:
    """Whom a job may call: everybody, or nobody; nobody calls it."""
    spec = {
        "podSelector": {"matchLabels": pods.selector(batch.what)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [],
        "egress": [{}] if batch.connects else [],
    }
    name, version = batch.what.name, "networking.k8s.io/v1"
    return pods.as_object(batch.what, version, "NetworkPolicy", name, spec=spec)


def _line(batch: Batch) -> str:
    """The command; what it says goes to files of its folder, too, and its status is its own.

    Names of files are plain, so that no shell reads more in them.
    """
    to, kept = batch.outputs, "/tmp/.status"  # noqa: S108 - of the container
    if not to:
        return batch.line
    both = " 2>&1" if "both" in to else ""
    told = f"{{ (\n{batch.line}\n){both}; echo $? >{kept}; }}"
    if file := to.get("both") or to.get("out"):
        told = f"{told} | tee {file}"
    if file := to.get("err"):
        told = f"{{ {{ {told} >&3; }} 2>&1 | tee {file} >&2; }} 3>&1"
    return f"{told}; exit $(cat {kept})"


def escaped(text: str) -> str:
    """A text in which a cluster sees no variable of its own."""
    return text.replace("$(", "$$(")
