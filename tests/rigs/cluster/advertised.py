"""Nodes that are objects of the API alone: this process is their kubelet.

Pods that are bound to one of them get the state that a kubelet would say, and go when they are
deleted; nothing runs. A pod says by an annotation what becomes of it.
"""

from __future__ import annotations

import datetime
import itertools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import Any

from cluster.client import Client

# `Running` (or without it), `Succeeded`, `Failed`, or the reason why its containers wait.
BECOMES = "rig.deepcat.invalid/becomes"
LABEL = "rig.deepcat.invalid/advertised"
_STATUS = "application/strategic-merge-patch+json"
_BOUND = "/api/v1/pods?fieldSelector=spec.nodeName!%3D"
_ENDED = {"Succeeded": 0, "Failed": 1}


class Advertised:
    """The kubelet of all such nodes.

    Args:
        client: who asks, once the cluster is there.
    """

    def __init__(self, client: Callable[[], Client]) -> None:
        self._client = client
        self._names: set[str] = set()
        self._addresses = (
            f"192.0.{each // 250 % 250}.{each % 250 + 1}" for each in itertools.count()
        )
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None
        self._pool = ThreadPoolExecutor(8)
        self._begun: set[str] = set()

    def add(
        self,
        count: int,
        name: str = "fake",
        labels: Mapping[str, str] | None = None,
        capacity: Mapping[str, str] | None = None,
        taints: list[dict[str, str]] | None = None,
    ) -> list[str]:
        """Advertise so many nodes of one make; their names."""
        names = [f"{name}-{each}" for each in range(count)]
        self._names.update(names)
        has = {"cpu": "32", "memory": "128Gi", "pods": "110", **(capacity or {})}
        list(self._pool.map(lambda each: self._node(each, labels or {}, has, taints or []), names))
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep, daemon=True)
            self._thread.start()
        return names

    def end(self) -> None:
        """Stop saying anything; what listens hears of it when the API server ends."""
        self._ends.set()
        self._pool.shutdown(cancel_futures=True)

    def say(self, name: str, is_ready: bool) -> None:
        """Say of a node whether it is ready."""
        status = {"conditions": [_condition("Ready", is_ready)]}
        path = f"/api/v1/nodes/{name}/status"
        code, told = self._client().ask("PATCH", path, {"status": status}, _STATUS)
        assert code == 200, told

    def again(self, name: str) -> None:
        """Look after a node's pods once more, also after those that came meanwhile."""
        self._names.add(name)
        for pod in self._client().get(_BOUND)["items"]:
            self._see(pod)

    def _node(
        self, name: str, labels: Mapping[str, str], has: Mapping[str, str],
        taints: list[dict[str, str]],
    ) -> None:  # fmt: skip
        client = self._client()
        labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", LABEL: "", **labels}
        client.make("/api/v1/nodes", {
            "metadata": {"name": name, "labels": labels}, "spec": {"taints": taints},
        })  # fmt: skip
        status = {"capacity": has, "allocatable": has, "conditions": [_condition("Ready", True)]}
        path = f"/api/v1/nodes/{name}/status"
        code, told = client.ask("PATCH", path, {"status": status}, _STATUS)
        assert code == 200, told
        # A new node bears this taint until its controller sees that it is ready.
        client.ask("PATCH", f"/api/v1/nodes/{name}", {"spec": {"taints": taints}},
                   "application/merge-patch+json")  # fmt: skip

    def _keep(self) -> None:
        while not self._ends.is_set():
            try:
                for event in self._client().watch(_BOUND):
                    if self._ends.is_set():
                        return
                    if event["type"] in ("ADDED", "MODIFIED"):
                        self._see(event["object"])
            except (OSError, ValueError, HTTPException):
                self._ends.wait(0.5)

    def _see(self, pod: dict[str, Any]) -> None:
        if pod["spec"]["nodeName"] not in self._names:
            return
        about = pod["metadata"]
        path = f"/api/v1/namespaces/{about['namespace']}/pods/{about['name']}"
        if "deletionTimestamp" in about:
            self._pool.submit(self._client().ask, "DELETE", path, {"gracePeriodSeconds": 0})
        elif about["uid"] not in self._begun:
            self._begun.add(about["uid"])
            status = {"status": _status(pod, next(self._addresses))}
            self._pool.submit(self._client().ask, "PATCH", f"{path}/status", status, _STATUS)


def _status(pod: dict[str, Any], address: str) -> dict[str, Any]:
    becomes = pod["metadata"].get("annotations", {}).get(BECOMES, "Running")
    runs = becomes == "Running"
    phase = becomes if runs or becomes in _ENDED else "Pending"
    conditions = ("Initialized", "PodScheduled", "ContainersReady", "Ready")
    return {
        "phase": phase, "startTime": _now(), "hostIP": "192.0.2.1",
        "podIP": address, "podIPs": [{"ip": address}],
        "conditions": [_condition(each, runs or not each.endswith("Ready")) for each in conditions],
        "containerStatuses": [
            {
                "name": each["name"], "image": each["image"], "imageID": "", "ready": runs,
                "started": runs, "restartCount": 0, "state": _state(becomes),
            }
            for each in pod["spec"]["containers"]
        ],
    }  # fmt: skip


def _state(becomes: str) -> dict[str, Any]:
    if becomes == "Running":
        return {"running": {"startedAt": _now()}}
    if becomes in _ENDED:
        return {"terminated": {"exitCode": _ENDED[becomes], "reason": becomes,
                               "startedAt": _now(), "finishedAt": _now()}}  # fmt: skip
    return {"waiting": {"reason": becomes, "message": f"the rig says {becomes}"}}


def _condition(name: str, is_so: bool) -> dict[str, str]:
    return {
        "type": name, "status": str(is_so), "reason": "Rig", "lastTransitionTime": _now(),
        "lastHeartbeatTime": _now(),
    }  # fmt: skip


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
