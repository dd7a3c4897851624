"""What clusters really run for a catalog: one list of tags and one of pods in each namespace, and
one of jobs, and of what repeats them, where there are any."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Found, Listing, Means
from deepcat.clouds.kinds.kubernetes import happens, jobs, names, notebooks, outside
from deepcat.clouds.kinds.kubernetes.edge import Cluster
from deepcat.clouds.kinds.kubernetes.held import owner_of, read_state
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.clouds.manifests.pods import STATE
from deepcat.errors import DeepcatError

_MOST_AT_ONCE, _DENIED = 16, 403
Object = Mapping[str, Any]


def observe(clouds: Sequence[Cloud], means: Means) -> Listing:
    """All deployments of a catalog; of a cluster that is silent nothing is known."""
    if not clouds:
        return Listing()
    with ThreadPoolExecutor(min(len(clouds), _MOST_AT_ONCE)) as pool:
        told = list(pool.map(lambda cloud: _asked(cloud, means), clouds))
    silent = {cloud.name for cloud, (_, why) in zip(clouds, told, strict=True) if why}
    return Listing(
        tuple(each for found, _ in told for each in found),
        clouds=frozenset({cloud.name for cloud in clouds} - silent),
        detail="; ".join(why for _, why in told if why),
    )


def _asked(cloud: Cloud, means: Means) -> tuple[list[Found], str]:
    try:
        cluster = Cluster(cloud, means)
        try:
            space = f"/api/v1/namespaces/{cluster.namespace}"
            chosen = names.chosen(means.catalog)
            tags = f"{chosen},{names.PART}={names.OWNER}"
            own = cluster.list(f"{space}/configmaps", labelSelector=tags)
            pods = cluster.list(f"{space}/pods", labelSelector=chosen)
            begun: list[Any] = []
            states = [read_state(each) for each in own]
            if any(each.get("jobs") or each.get("notebooks") for each in states):
                path = f"/apis/batch/v1/namespaces/{cluster.namespace}/jobs"
                begun = cluster.list(path, labelSelector=chosen)
            if any(jobs.repeats(read_state(each)) for each in own):
                path = f"/apis/batch/v1/namespaces/{cluster.namespace}/cronjobs"
                begun += cluster.list(path, labelSelector=chosen)
            led = _led(cluster, chosen)
        finally:
            cluster.close()
    except RefusedError as error:
        return [], f"{cloud.name}: {error.message}"
    except DeepcatError as error:
        return [], f"{cloud.name}: {error.message}"
    return found(cloud.name, own, pods, begun, led), ""


def _led(cluster: Cluster, chosen: str) -> list[Any]:
    """The Ingresses of a catalog, where its cloud's file asks for such; none that nobody shows."""
    if outside.way(cluster.own)[0] != "ingress":
        return []
    path = f"/apis/networking.k8s.io/v1/namespaces/{cluster.namespace}/ingresses"
    try:
        return cluster.list(path, labelSelector=chosen)
    except RefusedError as error:
        if error.status != _DENIED:
            raise
        return []


def found(
    cloud: str,
    tags: Iterable[Object],
    pods: Iterable[Object],
    begun: Iterable[Object] = (),
    led: Iterable[Object] = (),
) -> list[Found]:
    """The deployments that tags tell of, each with what of it answers. Pure.

    Args:
        cloud: where they were listed.
        tags: that bear owner tags.
        pods: of all of them.
        begun: the jobs of all of them.
        led: the Ingresses of all of them.
    """
    pods, own_jobs, own_led = tuple(pods), _by_deployment(begun), _by_deployment(led)
    own_pods = _by_deployment(pods if own_jobs else ())
    up: dict[str, set[str]] = defaultdict(set)
    for pod in pods:
        labels = pod["metadata"].get("labels") or {}
        if (state := str(labels.get(STATE) or "")) and happens.is_ready(pod):
            workload = _workload(pod, state)
            up[str(labels.get(names.DEPLOYMENT))].add(workload)
    seen = []
    for tag in tags:
        owner = owner_of(dict(tag))
        label = str((tag["metadata"].get("labels") or {}).get(names.DEPLOYMENT))
        name = str(owner.get("name") or label)
        shape = str(owner.get("shape") or "")
        running, end = jobs.seen(tag, own_jobs.get(label, ()), own_pods.get(label, ()))
        if owner.get("is_job") and owner.get("status") == "running":
            owner |= end
        there, stopped = notebooks.seen(tag, own_jobs.get(label, ()))
        own = frozenset(up.get(label, ())) | running | there
        waits = "; ".join(filter(None, map(outside.waits, own_led.get(label, ()))))
        about: dict[str, Any] = {"cloud": cloud, "shape": shape, "stopped": stopped}
        seen.append(Found(name, owner, own, **about, waits=waits))
    return seen


def _by_deployment(each: Iterable[Object]) -> dict[str, list[Object]]:
    found: dict[str, list[Object]] = defaultdict(list)
    for one in each:
        labels = one["metadata"].get("labels") or {}
        found[str(labels.get(names.DEPLOYMENT))].append(one)
    return found


def _workload(pod: Object, state: str) -> str:
    """The name of what keeps a pod: the pod's own begins with it, and it ends with its state."""
    name = str(pod["metadata"]["name"])
    head, mark, _ = name.partition(f"-{state}-")
    return f"{head}{mark.removesuffix('-')}" if mark else name
