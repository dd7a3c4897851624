"""The queue of Kueue by which servers and jobs are let in, and what it says of those that wait."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from deepcat.clouds.failure import FailureKind
from deepcat.clouds.kinds.kubernetes.edge import Cluster, Object
from deepcat.clouds.kinds.kubernetes.happens import Trouble
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.clouds.manifests.values import Served
from deepcat.host.failure import StepError

_GROUP = "kueue.x-k8s.io"
LABEL = f"{_GROUP}/queue-name"
_OF = f"{_GROUP}/job-uid"
_NONE = (403, 404)
# What Kueue says of what it will never let in, and of what has room once others have gone.
_NEVER = ("> maximum capacity", "unavailable in ClusterQueue")
_LATER = "insufficient unused quota"
_MISSING = "doesn't exist"
_GATE = f"{_GROUP}/admission"


def queued(cluster: Cluster, served: Served) -> Served:
    """The same server, let in by the namespace's queue where there is one.

    Raises:
        RefusedError: as `queue`.
        StepError: as `queue`.
    """
    found = queue(cluster)
    return replace(served, marks={LABEL: found}) if found else served


def queue(cluster: Cluster) -> str:
    """The name of the LocalQueue that the cloud's file names, or the namespace's only one.

    Empty where there is none, or who calls may not see them.

    Raises:
        RefusedError: the cluster does not tell.
        StepError: there are several, and the file names none (``run/queue``).
    """
    if named := str(cluster.own.get("queue") or ""):
        return named
    try:
        path = _path(cluster, "localqueues")
        found = sorted(str(each["metadata"]["name"]) for each in cluster.list(path))
    except RefusedError as error:
        if error.status in _NONE:
            return ""
        raise
    if len(found) > 1:
        message = f"the namespace has {len(found)} queues: {', '.join(found)[:300]}"
        raise StepError("cloud", "run/queue", message, "name one as `queue` of the cloud's file")
    return found[0] if found else ""


def _path(cluster: Cluster, plural: str) -> str:
    told = cluster.ask("GET", f"/apis/{_GROUP}")
    version = str((told.get("preferredVersion") or {}).get("version") or "v1beta1")
    return f"/apis/{_GROUP}/{version}/namespaces/{cluster.namespace}/{plural}"


def words(cluster: Cluster, each: Object) -> str:
    """What Kueue says of why a job or a pod waits; empty where it says nothing, or none may see it.

    Args:
        cluster: where.
        each: the job or the pod, as the API gives it.

    Raises:
        RefusedError: the cluster does not tell.
    """
    own = f"{_OF}={each['metadata']['uid']}"
    try:
        return said(cluster.list(_path(cluster, "workloads"), labelSelector=own))
    except RefusedError as error:
        if error.status in _NONE:
            return ""
        raise


def said(workloads: Iterable[Object]) -> str:
    """What Kueue says of why these have no room. Pure."""
    for each in workloads:
        for condition in (each.get("status") or {}).get("conditions") or ():
            if condition.get("type") == "QuotaReserved" and condition.get("status") == "False":
                return " ".join(str(condition.get("message") or "").split())[:500]
    return ""


def trouble(words: str) -> Trouble | None:
    """Why a queue will never let something in; None where it may. Pure.

    Args:
        words: of Kueue.
    """
    message = _not_let_in(words)
    if _MISSING in words:
        hint = "ask who runs the cluster, or name another `queue` in the cloud's file"
        return Trouble(FailureKind.CLOUD, "run/queue", message, hint)
    if _LATER not in words and any(each in words for each in _NEVER):
        hint = "ask for less, or ask who runs the cluster for another quota"
        return Trouble(FailureKind.QUOTA, "run/quota", message, hint)
    return None


def why(cluster: Cluster, pods: Iterable[Object]) -> Trouble | None:
    """Why a queue keeps pods from beginning; None where none of them waits for one.

    Raises:
        RefusedError: the cluster does not tell.
    """
    for pod in pods:
        gates = (pod.get("spec") or {}).get("schedulingGates") or ()
        if any(each.get("name") == _GATE for each in gates) and (told := words(cluster, pod)):
            hint = "ask for less, or wait until something else has gone"
            later = Trouble(FailureKind.CAPACITY, "run/unschedulable", _not_let_in(told), hint)
            return trouble(told) or later
    return None


def _not_let_in(words: str) -> str:
    return f"its queue does not let it in: {words}"
