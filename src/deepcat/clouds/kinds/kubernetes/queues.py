"""The queue of Kueue by which servers are let in."""

from __future__ import annotations

from dataclasses import replace

from deepcat.clouds.kinds.kubernetes.edge import Cluster
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.clouds.manifests.values import Served
from deepcat.host.failure import StepError

_GROUP = "kueue.x-k8s.io"
LABEL = f"{_GROUP}/queue-name"
_NONE = (403, 404)


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
        told = cluster.ask("GET", f"/apis/{_GROUP}")
        version = str((told.get("preferredVersion") or {}).get("version") or "v1beta1")
        path = f"/apis/{_GROUP}/{version}/namespaces/{cluster.namespace}/localqueues"
        found = sorted(str(each["metadata"]["name"]) for each in cluster.list(path))
    except RefusedError as error:
        if error.status in _NONE:
            return ""
        raise
    if len(found) > 1:
        message = f"the namespace has {len(found)} queues: {', '.join(found)[:300]}"
        raise StepError("cloud", "run/queue", message, "name one as `queue` of the cloud's file")
    return found[0] if found else ""
