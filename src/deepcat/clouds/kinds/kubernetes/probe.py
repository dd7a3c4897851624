"""What a cluster has: its nodes and accelerators, what is free, what its quotas let us have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import FailureKind
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.kubernetes import claims, job_ends, names, nodes, outside, scaling
from deepcat.clouds.kinds.kubernetes.carried import carries
from deepcat.clouds.kinds.kubernetes.edge import Cluster
from deepcat.clouds.kinds.kubernetes.held import led_to
from deepcat.clouds.kinds.kubernetes.names import CATALOG
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.clouds.manifests.pods import STATE
from deepcat.clouds.offers import Probe
from deepcat.errors import DeepcatError


def probe(cloud: Cloud, means: Means) -> Probe:
    """The shapes that pods may ask for, by one list of each kind of object. Never fails."""
    try:
        cluster = Cluster(cloud, means)
    except DeepcatError as error:
        refused = error.code.startswith("secret/")
        return Probe(cloud.name, healthy=False, detail=error.message, refused=refused)
    try:
        return _probed(cloud, cluster, means)
    except RefusedError as error:
        refused = error.kind is FailureKind.AUTH
        return Probe(cloud.name, healthy=False, detail=error.message, refused=refused)
    finally:
        cluster.close()


def free(cluster: Cluster, shape: str) -> int | None:
    """How many more pods of a shape begin at once; None where there is no such shape.

    Raises:
        RefusedError: the cluster does not tell.
    """
    listed, pods = map(cluster.remembered, ("/api/v1/nodes", "/api/v1/pods"))
    seen = nodes.shapes(nodes.read(listed, pods, claims.claimed(cluster)))
    return next((each.free for each in seen if each.name == shape), None)


def _probed(cloud: Cloud, cluster: Cluster, means: Means) -> Probe:
    space = f"/api/v1/namespaces/{cluster.namespace}"
    paths = ("/api/v1/nodes", "/api/v1/pods")
    chosen = f"{names.chosen(means.catalog)},{names.PART}={names.OWNER}"
    with ThreadPoolExecutor(len(paths) + 5) as pool:
        own = pool.submit(cluster.ask, "GET", space)
        claimed = pool.submit(claims.claimed, cluster)
        measures = pool.submit(scaling.measures, cluster)
        quotas = pool.submit(cluster.list, f"{space}/resourcequotas")
        tags = pool.submit(cluster.list, f"{space}/configmaps", labelSelector=chosen)
        listed, pods = pool.map(cluster.remembered, paths)
    status = own.result().get("status") or {}
    if status.get("phase") == "Terminating":
        why = f"the namespace `{cluster.namespace}` is being terminated"
        return Probe(cloud.name, healthy=False, detail=why)
    ours = [pod for pod in pods if _is_ours(pod, cluster.namespace, means.catalog)]
    return Probe(
        cloud.name,
        shapes=nodes.shapes(
            nodes.read(listed, staying(pods, ours, tags.result()), claimed.result())
        ),
        shared=True,
        pool=True,
        scripts=False,
        carries=carries(cluster.own, measures.result()),
        opens=outside.opens(cluster.own),
        limits=nodes.limits(quotas.result(), ours),
    )


def staying(
    pods: Sequence[nodes.Object], ours: Sequence[nodes.Object], tags: Iterable[nodes.Object]
) -> list[nodes.Object]:
    """The pods but those of ours that make room for the next run of their deployment. Pure.

    Nobody is led to them: a run that was killed has left them, and the next one takes them over or
    away; or they drain; or a training in them is over, and they stay for what it made.

    Args:
        pods: all.
        ours: those of them that are of the catalog, in the cloud's namespace.
        tags: that bear owner tags there.
    """
    states = {_label(tag, names.DEPLOYMENT): led_to(tag) for tag in tags}
    loose = {
        id(pod)
        for pod in ours
        if job_ends.holds(pod)
        or (
            (own := states.get(_label(pod, names.DEPLOYMENT))) is not None
            and _label(pod, STATE) not in own
            and _label(pod, STATE)
        )
    }
    return [pod for pod in pods if id(pod) not in loose]


def _label(each: nodes.Object, name: str) -> str:
    return str(((each.get("metadata") or {}).get("labels") or {}).get(name) or "")


def _is_ours(pod: nodes.Object, namespace: str, catalog: str) -> bool:
    metadata = pod.get("metadata") or {}
    is_there = metadata.get("namespace") == namespace
    return is_there and (metadata.get("labels") or {}).get(CATALOG) == catalog
