"""What becomes of pods, by what the cluster says of them: they serve, they wait, or why not. Pure.

A failure is told in the event's own words, and by what it is: no room, a quota, the cluster's
doing, or the module's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deepcat.clouds.failure import FailureKind
from deepcat.clouds.kinds.kubernetes.refused import judged
from deepcat.host.failure import StepError

Object = Mapping[str, Any]

_NO_IMAGE = ("ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError")
# What a kubelet says of a pull secret that is not there; what registries say to strangers.
_NOT_THERE = "Unable to retrieve some image pull secrets"
_NOT_LET = re.compile(
    r"\b40[13] (?:Unauthorized|Forbidden)|authorization failed|no basic auth credentials"
    r"|(?i:authentication required|access denied|access forbidden)"
)
_NO_CONTAINER = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")
_LOOPS = "CrashLoopBackOff"
# Events that tell why a pod does not start.
_TELLS = ("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "FailedBinding", "Evicted")
_ERROR = re.compile(r"^error \[(?P<code>[a-z]+/[a-z-]+)\]: (?P<message>.+)$", re.MULTILINE)
# What a program of ours says of its host, and not of the module.
_CLOUD = ("run/host", "serving/tensorflow", "run/box")
_LOOK = "see `deepcat logs`"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why pods do not serve.

    Attributes:
        kind: of failure.
        code: stable.
        message: in the cluster's own words.
        hint: how to mend it.
    """

    kind: FailureKind
    code: str
    message: str
    hint: str = ""

    def error(self) -> StepError:
        """As what ends a step."""
        return StepError(self.kind.value, self.code, self.message, self.hint)


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a server's pods.

    Attributes:
        ready: how many answer.
        trouble: why the rest will not; None where it is not known.
        waits: what they wait for, in words; may be empty.
    """

    ready: int = 0
    trouble: Trouble | None = None
    waits: str = ""


def seen(
    workload: Object, pods: Sequence[Object], events: Iterable[Object], now: datetime, wait_s: float
) -> Seen:
    """What is there.

    Args:
        workload: the object that keeps the pods.
        pods: its own, as the API gives them.
        events: of the namespace, warnings.
        now: UTC.
        wait_s: how long a pod may wait for a node.
    """
    own = [pod for pod in pods if not _metadata(pod).get("deletionTimestamp")]
    ready = sum(_is(pod, "Ready") for pod in own)
    if trouble := _not_made(workload):
        return Seen(ready, trouble)
    told = list(events)
    for pod in own:
        if not _is(pod, "Ready") and (trouble := _of_pod(pod, told, now, wait_s)):
            return Seen(ready, trouble)
    return Seen(ready, waits=next((words for pod in own if (words := _waits(pod))), ""))


def lost(node: Object, now: datetime, wait_s: float) -> Trouble | None:
    """Why nothing is known of the pods of a node: the cluster has heard nothing of it for a while.

    Args:
        node: as the API gives it.
        now: UTC.
        wait_s: how long it may be silent.
    """
    for each in (node.get("status") or {}).get("conditions") or ():
        if each.get("type") != "Ready" or each.get("status") == "True":
            continue
        if _age(each.get("lastTransitionTime"), now) < wait_s:
            continue
        words = _line(each.get("message") or each.get("reason"))
        message = f"its node `{_metadata(node).get('name')}` is lost: {words}"
        return Trouble(FailureKind.CLOUD, "run/pod", message, "tell who runs the cluster")
    return None


def _not_made(workload: Object) -> Trouble | None:
    """Why its pods are refused before they are there."""
    for each in (workload.get("status") or {}).get("conditions") or ():
        if each.get("type") == "ReplicaFailure" and each.get("status") == "True":
            words = _line(each.get("message"))
            kind, code, hint = judged(403, words)
            return Trouble(kind, code, f"the cluster makes no pod: {words}", hint)
    return None


def _of_pod(pod: Object, events: Sequence[Object], now: datetime, wait_s: float) -> Trouble | None:
    status = pod.get("status") or {}
    if status.get("phase") == "Failed":
        words = _line(status.get("message") or status.get("reason"))
        hint = "free room there, or ask for what the node has"
        return Trouble(FailureKind.CAPACITY, "run/evicted", f"its pod was ended: {words}", hint)
    if trouble := _unscheduled(pod, now, wait_s):
        return trouble
    for each in _all(pod):
        if trouble := _of_container(each, pod, events):
            return trouble
    return _told(pod, events, now, wait_s)


def _unscheduled(pod: Object, now: datetime, wait_s: float) -> Trouble | None:
    for each in (pod.get("status") or {}).get("conditions") or ():
        if each.get("type") != "PodScheduled" or each.get("status") == "True":
            continue
        if each.get("reason") not in ("Unschedulable", "SchedulingGated"):
            continue
        if _age(each.get("lastTransitionTime"), now) < wait_s:
            continue
        words = _line(each.get("message"))
        hint = "ask for less, or wait until something else has gone"
        message = f"no node takes its pod: {words}"
        return Trouble(FailureKind.CAPACITY, "run/unschedulable", message, hint)
    return None


def _of_container(each: Object, pod: Object, events: Sequence[Object]) -> Trouble | None:
    waiting = (each.get("state") or {}).get("waiting") or {}
    reason, said = str(waiting.get("reason") or ""), _line(waiting.get("message"))
    if reason in _NO_IMAGE:
        words = _why(pod, events, "Failed to pull image", "Failed to inspect image") or said
        return _no_image(words or reason, _why(pod, events, _NOT_THERE))
    if reason in _NO_CONTAINER:
        message = f"its container is not begun: {said or reason}"
        return Trouble(FailureKind.CLOUD, "run/container", message, "tell who runs the cluster")
    return _ended(each, reason)


def _no_image(words: str, secret: str) -> Trouble:
    """Why an image cannot be had: it is not there, or whoever asks for it may not have it."""
    said = f"{_brief(words)}; {_brief(secret)}" if secret else _brief(words)
    message = f"its image cannot be had: {said}"
    if _NOT_LET.search(words):
        hint = "see that the secret which `pull_secret` of the cloud's file names lets its nodes in"
        return Trouble(FailureKind.AUTH, "run/image", message, hint)
    hint = "see the images that the cloud's file names, and its `pull_secret`"
    return Trouble(FailureKind.CLOUD, "run/image", message, hint)


def _brief(words: str) -> str:
    """What is long by its begin and its end, where a registry's own words stand."""
    return words if len(words) <= 500 else f"{words[:200]} … {words[-297:]}"


def _ended(each: Object, reason: str) -> Trouble | None:
    """Why a container ends again and again."""
    now, before = each.get("state") or {}, each.get("lastState") or {}
    end = now.get("terminated") or before.get("terminated") or {}
    if not end.get("exitCode") or not (each.get("restartCount") or reason == _LOOPS):
        return None
    if end.get("reason") == "OOMKilled":
        hint = "ask for more memory"
        message = f"its `{each.get('name')}` took more memory than it asked for"
        return Trouble(FailureKind.CAPACITY, "run/memory", message, hint)
    if "StartError" in str(end.get("reason")) or "ContainerCannotRun" in str(end.get("reason")):
        message = f"its container is not begun: {_line(end.get('message'))}"
        return Trouble(FailureKind.CLOUD, "run/container", message, "see the cloud's `image`")
    told = list(_ERROR.finditer(str(end.get("message") or "")))
    if told:
        code, words = told[-1]["code"], _line(told[-1]["message"])
        kind = FailureKind.CLOUD if code in _CLOUD else FailureKind.MODULE
        return Trouble(kind, code, f"its `{each.get('name')}` says: {words}", _LOOK)
    lines = [line for line in str(end.get("message") or "").splitlines() if line.strip()]
    words = f": {_line(lines[-1])}" if lines else ""
    message = f"its `{each.get('name')}` ended with status {end['exitCode']}, and again{words}"
    return Trouble(FailureKind.MODULE, "run/server", message, _LOOK)


def _told(pod: Object, events: Sequence[Object], now: datetime, wait_s: float) -> Trouble | None:
    """What an event says of a pod that has a node and does not start."""
    since = next(
        (
            each.get("lastTransitionTime")
            for each in (pod.get("status") or {}).get("conditions") or ()
            if each.get("type") == "PodScheduled" and each.get("status") == "True"
        ),
        None,
    )
    if since is None or _age(since, now) < wait_s:
        return None
    if any((each.get("state") or {}).get("running") for each in _all(pod)):
        return None
    for event in reversed(_of(pod, events)):
        if event.get("reason") in _TELLS:
            message = f"its pod does not start: {_line(event.get('message'))}"
            return Trouble(FailureKind.CLOUD, "run/pod", message, "tell who runs the cluster")
    return None


def _all(pod: Object) -> list[Object]:
    status = pod.get("status") or {}
    return [
        *(status.get("initContainerStatuses") or ()),
        *(status.get("containerStatuses") or ()),
    ]


def _why(pod: Object, events: Sequence[Object], *starts: str) -> str:
    """The newest event of a pod that begins so."""
    own = (" ".join(str(each.get("message")).split()) for each in reversed(_of(pod, events)))
    return next((words for words in own if words.startswith(starts)), "")


def _of(pod: Object, events: Sequence[Object]) -> list[Object]:
    name = _metadata(pod).get("name")
    own = [each for each in events if (each.get("involvedObject") or {}).get("name") == name]
    return sorted(own, key=lambda each: str(each.get("lastTimestamp") or each.get("eventTime")))


def _waits(pod: Object) -> str:
    for each in _all(pod):
        state = each.get("state") or {}
        if waiting := state.get("waiting"):
            return str(waiting.get("message") or waiting.get("reason") or "")
    for each in (pod.get("status") or {}).get("conditions") or ():
        if each.get("status") == "False" and each.get("message"):
            return str(each["message"])
    return ""


def is_ready(pod: Object) -> bool:
    """Whether a pod answers, and is not about to end."""
    return _is(pod, "Ready") and not _metadata(pod).get("deletionTimestamp")


def _is(pod: Object, condition: str) -> bool:
    held = (pod.get("status") or {}).get("conditions") or ()
    return any(c.get("type") == condition and c.get("status") == "True" for c in held)


def _age(text: Any, now: datetime) -> float:
    try:
        return (now - datetime.fromisoformat(str(text))).total_seconds()
    except (ValueError, TypeError):
        return 0.0


def _line(text: Any) -> str:
    return " ".join(str(text or "").split())[:500]


def _metadata(each: Object) -> Object:
    found: Object = each.get("metadata") or {}
    return found
