"""How trainings go on a cluster, and what they made.

What runs, and how it ended, is told by the cluster; figures and files by what looks after a
training in its pod, of which the script there sees nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.kubernetes import asked, job_ends, jobs, names, queues
from deepcat.clouds.kinds.kubernetes.edge import Cluster, Object
from deepcat.clouds.kinds.kubernetes.held import Held, read_state
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.clouds.manifests.jobs import JOB
from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.host.job import outputs
from deepcat.host.job.curves import plain
from deepcat.host.job.end import End
from deepcat.host.job.failing import failure
from deepcat.host.job.watching import lacking, masked, masks_of
from deepcat.remote.collecting import emptied

Values = Mapping[str, Any]
_OF = "batch.kubernetes.io/job-name"
_LINES = 40
# What is told of a training as what looks after it says it.
_SEEN = ("progress", "message", "metrics", "checkpoint", "peak_MB", "hardware", "energy")


def gather(cloud: Cloud, deployment: str, means: Means) -> list[dict[str, Any]]:
    """Each training of a deployment, by node; see `deepcat.clouds.kind.Collecting`.

    Raises:
        DeepcatError: the cluster does not tell.
    """
    with _asking(cloud, means) as cluster:
        found = _there(cluster, means, deployment)
        return [_told(cluster, node, *each) for node, each in sorted(found.items())]


def bring(cloud: Cloud, deployment: str, means: Means, node: str, into: Path) -> None:
    """Copy what a training made into an empty folder here.

    Raises:
        DeepcatError: as `deepcat.clouds.kind.Collecting.bring`.
    """
    with _asking(cloud, means) as cluster, emptied(into):
        _, there, pods = _there(cluster, means, deployment).get(node) or ({}, {}, [])
        if not _ended(there, pods) or _status(there, pods):
            message = f"no training `{node[:80]}` of `{deployment}` has ended well there"
            raise StepError("module", "job/no-output", message, "see `deepcat status`")
        pod = pods[-1]
        seen = asked.told(cluster, pod, is_over=True)
        if "output" not in seen:
            message = f"the pod of `{node[:80]}` is over, and what the training made went with it"
            hint = "train again: `deepcat retry`; the cloud's `jobs.holds` says how long it waits"
            raise StepError("module", "job/no-output", message, hint)
        rows = outputs.rows_of(seen["output"])
        with asked.output(cluster, pod) as read:
            for row in rows:
                outputs.taken(into, row, read)


@contextmanager
def _asking(cloud: Cloud, means: Means) -> Iterator[Cluster]:
    cluster = Cluster(cloud, means)
    try:
        yield cluster
    except (RefusedError, StepError) as error:
        raise DeepcatError(error.message, hint=error.hint, code=error.code) from None
    except (ValueError, KeyError, TypeError) as error:
        message = f"what the cluster tells of the training cannot be used: {error}"
        raise DeepcatError(message, hint="train again", code="job/bad-output") from None
    finally:
        cluster.close()


def _there(
    cluster: Cluster, means: Means, deployment: str
) -> dict[str, tuple[Values, Object, list[Object]]]:
    """Node -> what is noted of its training, its job, empty where that is gone, and its pods."""
    chosen = names.chosen(means.catalog, deployment)
    space = f"namespaces/{cluster.namespace}"
    tags = f"{chosen},{names.PART}={names.OWNER}"
    state: dict[str, Any] = {}
    for tag in cluster.list(f"/api/v1/{space}/configmaps", labelSelector=tags):
        state = jobs.require_own(Held(cluster, means.catalog, deployment), read_state(tag))
    noted = jobs.trainings(state)
    if not noted:
        return {}
    made = cluster.list(f"/apis/batch/v1/{space}/jobs", labelSelector=chosen)
    pods = cluster.list(f"/api/v1/{space}/pods", labelSelector=chosen)
    by_name = {str(each["metadata"]["name"]): each for each in made}
    return {
        node: (job, by_name.get(str(job["program"]), {}), _own(pods, str(job["program"])))
        for node, job in noted.items()
    }


def _own(pods: Sequence[Object], job: str) -> list[Object]:
    own = [each for each in pods if (each["metadata"].get("labels") or {}).get(_OF) == job]
    return sorted(own, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))


def _told(
    cluster: Cluster, node: str, noted: Values, job: Object, pods: list[Object]
) -> dict[str, Any]:
    end = job_ends.end_of(job, pods) if job else None
    held = job_ends.container(pods[-1]) if pods else {}
    pod_is_up = bool(pods) and job_ends.is_up(pods[-1])
    seen = asked.told(cluster, pods[-1], is_over=end is not None) if job and pod_is_up else {}
    why = str(seen.get("why") or (end.why if end else ""))
    state = _state(job, end, held)
    ran = held.get("terminated") or held.get("running") or {}
    rows, left = seen.get("output") or [], seen.get("left") or []
    is_well = state == "ended"
    return {
        "node": node,
        "training": str(noted["goal"])[:12],
        "state": state,
        "attempt": int(noted.get("attempt") or 1) + max(0, len(pods) - 1),
        "first": str(job.get("metadata", {}).get("creationTimestamp") or ""),
        "began": _instant(ran.get("startedAt")),
        "ended": end.at if end else "",
        "exit_status": end.exit_status if end else None,
        "stopped": why if end else "",
        "waits": _waits(cluster, job) if job and job_ends.is_waiting(job) else "",
        "expected_end": "",
        **{name: seen.get(name) for name in _SEEN},
        "hardware": _hardware(seen, pods),
        "metrics": seen.get("metrics") or {},
        "seconds": _seconds(ran, seen),
        "failure": _failure(cluster, state, end, why, pods, seen),
        "output": rows if is_well else [],
        "left": left if is_well else [],
        "plots": (seen.get("plots") or {}) if is_well else {},
    }


def _waits(cluster: Cluster, job: Object) -> str:
    words = queues.words(cluster, job)
    return f"a queue has it: {words}" if words else "a queue has it"


def _hardware(seen: Values, pods: list[Object]) -> dict[str, Any]:
    """As what looks after it says, which sees no card, and so does not know of those of others."""
    found = dict(seen.get("hardware") or {})
    containers = pods[-1]["spec"]["containers"] if pods else []
    asked_for = [each.get("resources") or {} for each in containers]
    if any(
        own.get("claims") or any("/" in name for name in own.get("limits") or {})
        for own in asked_for
    ):
        found.pop("cards", None)
    return found


def _state(job: Object, end: End | None, held: Values) -> str:
    if not job:
        return "lost"
    if end is not None:
        return "failed" if end.exit_status else "ended"
    return "running" if held.get("running") else "waiting"


def _failure(
    cluster: Cluster, state: str, end: End | None, why: str, pods: list[Object], seen: Values
) -> dict[str, str] | None:
    if state == "lost":
        hint = "run `deepcat apply`: it goes on from its last checkpoint where a claim keeps them"
        detail = "its job was taken away from outside"
        return {"code": "job/host-lost", "detail": detail, "hint": hint}
    if end is None:
        return None
    if not end.exit_status:
        return lacking(seen["output"], seen["left"]) if "output" in seen else None
    told = End(end.at, end.exit_status, why, end.detail)
    peak, odd = int(seen.get("peak_MB") or 0), str(seen.get("odd") or "")
    return failure(told, _said(cluster, pods), peak, 0, odd)


def _said(cluster: Cluster, pods: list[Object]) -> list[str]:
    """The last lines of a training, without the values of the variables that it is given."""
    if not pods:
        return []
    at = f"/api/v1/namespaces/{cluster.namespace}/pods/{pods[-1]['metadata']['name']}/log"
    try:
        text = cluster.text(at, {"container": JOB, "tailLines": _LINES})
    except RefusedError:
        return []
    return list(plain(masked(text.splitlines(), masks_of(job_ends.given(pods[-1])))))


def _ended(job: Object, pods: list[Object]) -> bool:
    return bool(job and pods) and job_ends.end_of(job, pods) is not None


def _status(job: Object, pods: list[Object]) -> int:
    end = job_ends.end_of(job, pods)
    return end.exit_status if end else 0


def _seconds(ran: Values, seen: Values) -> float:
    try:
        begun = datetime.fromisoformat(str(ran["startedAt"]))
        over = datetime.fromisoformat(str(ran["finishedAt"]))
    except (KeyError, ValueError):
        return float(seen.get("seconds") or 0.0)
    return (over - begun).total_seconds()


def _instant(text: Any) -> str:
    try:
        return datetime.fromisoformat(str(text)).isoformat(timespec="seconds")
    except ValueError:
        return ""
