"""What pods have become, for all who wait for theirs at once: by one list of each kind, not by one
for each of them.

Those who wait in one process for pods of one namespace take turns: who looks asks for the pods of
all of them, and whoever asked before that look began is served by it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from deepcat.clouds.kinds.kubernetes import names
from deepcat.clouds.kinds.kubernetes.edge import Cluster, Object
from deepcat.clouds.kinds.kubernetes.refused import RefusedError

_EVENTS_S = 2.0


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a namespace.

    Attributes:
        at: when it began, by a clock that only goes forward.
        asked: labels of the deployments that it was about.
        workloads: what keeps pods, by name.
        pods: of all of them.
        events: that tell of trouble.
    """

    at: float
    asked: frozenset[str]
    workloads: Mapping[str, Object] = field(default_factory=dict)
    pods: tuple[Object, ...] = ()
    events: tuple[Object, ...] = ()

    def pods_of(self, deployment: str, selector: Mapping[str, str]) -> list[Object]:
        """The pods of a deployment that bear these labels.

        Args:
            deployment: its label.
            selector: further labels.
        """
        wanted = {names.DEPLOYMENT: deployment, **selector}.items()
        return [p for p in self.pods if wanted <= (p["metadata"].get("labels") or {}).items()]


class Looking:
    """Those who wait for pods of one catalog in one namespace."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._last = Look(0.0, frozenset())
        self._events: tuple[float, tuple[Object, ...]] = (0.0, ())

    @contextmanager
    def waiting(self, deployment: str) -> Iterator[None]:
        """Whoever looks meanwhile looks for the pods of this one, too."""
        with self._counting:
            self._waiting[deployment] += 1
        try:
            yield
        finally:
            with self._counting:
                self._waiting[deployment] -= 1

    def look(self, cluster: Cluster, catalog: str, deployment: str) -> Look:
        """A look that begins now, or later.

        Args:
            cluster: who asks, if nobody else does.
            catalog: its id.
            deployment: label of the one that is asked for.

        Raises:
            RefusedError: the cluster does not tell.
        """
        now = time.monotonic()
        with self._lock:
            if self._last.at < now or deployment not in self._last.asked:
                self._last = self._look(cluster, catalog, deployment)
            return self._last

    def _look(self, cluster: Cluster, catalog: str, deployment: str) -> Look:
        with self._counting:
            asked = frozenset({deployment, *(+self._waiting)})
        at = time.monotonic()
        chosen = names.chosen_of(catalog, asked)
        space = cluster.namespace
        path = f"/apis/apps/v1/namespaces/{space}/deployments"
        kept = {
            str(each["metadata"]["name"]): each for each in cluster.list(path, labelSelector=chosen)
        }
        pods = cluster.list(f"/api/v1/namespaces/{space}/pods", labelSelector=chosen)
        if time.monotonic() - self._events[0] > _EVENTS_S:
            self._events = time.monotonic(), warnings(cluster)
        return Look(at, asked, kept, tuple(pods), self._events[1])


def warnings(cluster: Cluster, of: str = "involvedObject.kind=Pod") -> tuple[Object, ...]:
    """The events of the namespace that tell of trouble; none where they may not be seen.

    Args:
        cluster: where.
        of: by what they are chosen.
    """
    path = f"/api/v1/namespaces/{cluster.namespace}/events"
    try:
        chosen: dict[str, Any] = {"fieldSelector": f"type=Warning,{of}"}
        return tuple(cluster.list(path, **chosen))
    except RefusedError:
        return ()


@cache
def looking(cloud: str, namespace: str, catalog: str) -> Looking:  # noqa: ARG001 - which one
    """Those who wait there, in this process."""
    return Looking()
