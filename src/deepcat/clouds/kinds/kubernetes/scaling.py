"""How many of a server run: a number, or between two of them as the cluster itself finds right.

What adds pods is the cluster's own (a HorizontalPodAutoscaler), by how busy those are that run. It
looks after the pods that readers are led to, so it goes with the service from old ones to new.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deepcat.clouds.kinds.kubernetes.edge import Cluster, Object
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.clouds.manifests import objects
from deepcat.clouds.manifests.values import Served

if TYPE_CHECKING:
    from deepcat.clouds.kinds.kubernetes.held import Held

Values = Mapping[str, Any]
KIND = "HorizontalPodAutoscaler"
_METRICS = "/apis/metrics.k8s.io"
_NONE = (403, 404, 503)
_MOST = 1000


def measures(cluster: Cluster) -> bool:
    """Whether the cluster tells how busy its pods are.

    Raises:
        RefusedError: it does not say.
    """
    try:
        cluster.ask("GET", _METRICS)
    except RefusedError as error:
        if error.status in _NONE:
            return False
        raise
    return True


def noted(served: Served) -> dict[str, int]:
    """What is noted of a server, for `scaler`. Pure."""
    if not served.scales:
        return {"replicas": served.replicas}
    # So many are there for sure, however many the cluster has found right meanwhile.
    least = served.least or served.replicas
    return {"replicas": least, "least": least, "most": served.most}


def as_many(held: Held, wanted: Object, served: Served) -> Object:
    """What keeps pods, asked for as many as the cluster has found right; any other object as it is.

    Raises:
        RefusedError: the cluster does not tell.
    """
    if wanted["kind"] != "Deployment" or not served.scales:
        return wanted
    there = held.found("Deployment", wanted["metadata"]["name"])
    now = int((there.get("spec") or {}).get("replicas") or served.replicas)
    count = min(max(now, served.least or served.replicas), served.most)
    return {**wanted, "spec": {**wanted["spec"], "replicas": count}}


def scaler(served: Served, each: Values) -> Object:
    """What adds pods to a server; empty where nothing does. Pure.

    Args:
        served: the server, in the state that readers are led to.
        each: what is noted of it, where others of the namespace may write.

    Raises:
        ValueError: no run could have noted this.
    """
    least, most = int(each.get("least") or 0), int(each.get("most") or 0)
    if not most:
        return {}
    if not 1 <= least < most <= _MOST:
        raise ValueError(f"between {least} and {most} servers")
    return objects.scaler(replace(served, replicas=least, least=least, most=most))
