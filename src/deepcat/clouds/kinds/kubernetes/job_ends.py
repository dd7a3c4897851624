"""What becomes of a job on a cluster, by what this says of it and of its pods. Pure.

It is told in the words in which hosts tell it: a job ends by itself with a status, or is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from deepcat.clouds.kinds.kubernetes import happens
from deepcat.clouds.kinds.kubernetes.happens import Trouble
from deepcat.clouds.kinds.kubernetes.refused import judged
from deepcat.clouds.manifests.jobs import JOB
from deepcat.host.job.end import End

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
    if "Failed" not in held:
        return None
    condition = held["Failed"]
    at, words = _instant(condition.get("lastTransitionTime")), _line(condition.get("message"))
    if condition.get("reason") == "DeadlineExceeded":
        return End(at, _OUT_OF_TIME, "time", words)
    newest = sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))
    for pod in reversed(newest):
        if end := _of_pod(at, pod):
            return end
    return End(at, _UNKNOWN, "", words)


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
