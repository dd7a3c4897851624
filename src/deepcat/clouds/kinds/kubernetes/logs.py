"""What pods have said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.kubernetes.edge import Cluster
from deepcat.clouds.kinds.kubernetes.held import Held
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.errors import DeepcatError


def logs(cloud: Cloud, deployment: str, means: Means, last: int, follow: bool) -> Iterator[str]:
    """The last lines of each of a deployment's pods; then, of the newest, what it says on.

    Raises:
        DeepcatError: the cluster does not tell.
    """
    cluster = Cluster(cloud, means)
    try:
        pods = Held(cluster, means.catalog, deployment).pods()
        pods.sort(key=lambda pod: str(pod["metadata"].get("creationTimestamp")))
        older = pods[:-1] if follow else pods
        yield from tails(cluster, older, last)
        for newest in pods[len(older) :]:
            query = {"container": _containers(newest)[-1], "tailLines": last, "follow": "true"}
            yield from cluster.lines(_at(cluster, newest), query)
    except RefusedError as error:
        raise DeepcatError(error.message, hint=error.hint, code=error.code) from None
    finally:
        cluster.close()


def tails(cluster: Cluster, pods: Any, last: int) -> list[str]:
    """The last lines of pods; of one that ended and began anew, those before, too."""
    found: list[str] = []
    for pod in pods:
        for container in _containers(pod):
            for previous in ({"previous": "true"}, {}):
                query = {"container": container, "tailLines": last, **previous}
                try:
                    found += cluster.text(_at(cluster, pod), query).splitlines()
                except RefusedError:  # it has not begun, or never ended
                    continue
    return found


def _containers(pod: Mapping[str, Any]) -> list[str]:
    """In the order in which they begin."""
    spec = pod["spec"]
    found = (*(spec.get("initContainers") or ()), *spec["containers"])
    return [str(each["name"]) for each in found]


def _at(cluster: Cluster, pod: Mapping[str, Any]) -> str:
    return f"/api/v1/namespaces/{cluster.namespace}/pods/{pod['metadata']['name']}/log"
