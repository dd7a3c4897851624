"""What becomes of a job on a cluster, by what this says of it and of its pods. Pure.

It is told in the words in which hosts tell it: a job ends by itself with a status, or is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from deepcat.clouds.kinds.kubernetes import happens
from deepcat.clouds.kinds.kubernetes.happens import Trouble
from deepcat.clouds.kinds.kubernetes.refused import judged
from deepcat.clouds.manifests.jobs import JOB
from deepcat.clouds.manifests.trainings import KEEP
from deepcat.host.job.end import End
from deepcat.host.job.pods.values import VARIABLE

Object = Mapping[str, Any]
_OUT_OF_TIME, _UNKNOWN = 124, 1
_NOT_BEGUN = ("StartError", "ContainerCannotRun")


def end_of(job: Object, pods: Iterable[Object]) -> End | None:
    """How a job ended; None while it has not.

    Args:
        job: as the API gives it.
        pods: its own.
    """
    status = job.get("status") or {}
    held = {
        str(each.get("type")): each
        for each in status.get("conditions") or ()
        if each.get("status") == "True"
    }
    if "Complete" in held:
        at = status.get("completionTime") or held["Complete"].get("lastTransitionTime")
        return End(_instant(at), 0)
    newest = sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))
    if "Failed" not in held:
        return _of_training(newest[-1]) if newest else None
    condition = held["Failed"]
    at, words = _instant(condition.get("lastTransitionTime")), _line(condition.get("message"))
    if newest and (end := _of_training(newest[-1])):
        return end
    if condition.get("reason") == "DeadlineExceeded":
        return End(at, _OUT_OF_TIME, "time", words)
    for pod in reversed(newest):
        if end := _of_pod(at, pod):
            return end
    return End(at, _UNKNOWN, "", words)


def _of_training(pod: Object) -> End | None:
    """How a training ended, whose pod stays for what it made; None of any other job's."""
    containers = (pod.get("spec") or {}).get("containers") or ()
    if not any(each.get("name") == KEEP for each in containers):
        return None
    found = container(pod).get("terminated") or {}
    if not found or _is_taken_away(pod):
        return None
    at, status = _instant(found.get("finishedAt")), int(found.get("exitCode") or 0)
    return End(at, status, "memory" if found.get("reason") == "OOMKilled" else "")


def _is_taken_away(pod: Object) -> bool:
    """Whether the cluster ended it, so that another one takes its place."""
    told = (pod.get("status") or {}).get("conditions") or ()
    is_going = bool(pod["metadata"].get("deletionTimestamp"))
    return is_going or any(
        each.get("type") == "DisruptionTarget" and each.get("status") == "True" for each in told
    )


def container(pod: Object) -> Object:
    """The state of the job's own container, as the API gives it; empty before there is one."""
    for each in (pod.get("status") or {}).get("containerStatuses") or ():
        if each.get("name") == JOB:
            return each.get("state") or {}
    return {}


def is_up(pod: Object) -> bool:
    """Whether what looks after a training in a pod runs."""
    return any(
        each.get("name") == KEEP and (each.get("state") or {}).get("running")
        for each in (pod.get("status") or {}).get("containerStatuses") or ()
    )


def holds(pod: Object) -> bool:
    """Whether a training in a pod is over, and the pod stays for what it made."""
    return is_up(pod) and bool(container(pod).get("terminated"))


def given(pod: Object) -> list[str]:
    """The values of the variables that a training's script is given, which may be secrets."""
    for each in (pod.get("spec") or {}).get("containers") or ():
        for variable in each.get("env") or () if each.get("name") == JOB else ():
            if variable.get("name") == VARIABLE:
                told = json.loads(str(variable.get("value") or "{}").replace("$$(", "$("))
                return [str(value) for value in (told.get("environment") or {}).values()]
    return []


def _of_pod(at: str, pod: Object) -> End | None:
    status = pod.get("status") or {}
    for each in status.get("initContainerStatuses") or ():
        found = (each.get("state") or {}).get("terminated") or {}
        if found.get("exitCode"):
            return End(at, int(found["exitCode"]), "engine", _said(found))
    for each in status.get("containerStatuses") or ():
        found = (each.get("state") or {}).get("terminated") or {}
        if each.get("name") != JOB or not found.get("exitCode"):
            continue
        reason = str(found.get("reason") or "")
        if reason in _NOT_BEGUN:
            return End(at, int(found["exitCode"]), "engine", _line(found.get("message")))
        return End(at, int(found["exitCode"]), "memory" if reason == "OOMKilled" else "")
    return None


def has_begun(pods: Iterable[Object]) -> bool:
    """Whether the job's own program was begun in any of its pods."""
    return any(
        (each.get("state") or {}).get("running") or (each.get("state") or {}).get("terminated")
        for pod in pods
        for each in (pod.get("status") or {}).get("containerStatuses") or ()
        if each.get("name") == JOB
    )


def is_waiting(job: Object) -> bool:
    """Whether a queue has it, and has not let it in yet."""
    return bool((job.get("spec") or {}).get("suspend"))


def trouble(
    pods: Sequence[Object], events: Sequence[Object], now: datetime, wait_s: float
) -> Trouble | None:
    """Why a job does not begin; None where it is not known.

    Args:
        pods: its own.
        events: of the job and its pods, warnings.
        now: UTC.
        wait_s: how long a pod may wait for a node.
    """
    if not pods:
        return _not_made(events)
    for pod in pods:
        if (pod.get("status") or {}).get("phase") == "Pending":
            seen = happens.seen({}, [pod], events, now, wait_s)
            if seen.trouble is not None:
                return seen.trouble
    return None


def _not_made(events: Iterable[Object]) -> Trouble | None:
    """Why its pods are refused before they are there."""
    told = [each for each in events if each.get("reason") == "FailedCreate"]
    if not told:
        return None
    words = _line(told[-1].get("message"))
    kind, code, hint = judged(403, words)
    return Trouble(kind, code, f"the cluster makes no pod: {words}", hint)


def _said(terminated: Object) -> str:
    """What an init step says of itself, by its last line."""
    lines = [each for each in str(terminated.get("message") or "").splitlines() if each.strip()]
    return _line(lines[-1]) if lines else f"its files were not laid: {terminated.get('reason')}"


def _instant(text: Any) -> str:
    try:
        return datetime.fromisoformat(str(text)).isoformat(timespec="seconds")
    except ValueError:
        return ""


def _line(text: Any) -> str:
    return " ".join(str(text or "").split())[:500]
