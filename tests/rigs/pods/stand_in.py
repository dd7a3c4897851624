"""A cluster in memory, for the order of steps alone; the real one is in `tests/rigs/cluster`."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Mapping
from itertools import count
from typing import Any

from deepcat.clouds.kinds.kubernetes.refused import refused

READY = [{"type": "Ready", "status": "True"}]
NO_NODE = [
    {
        **{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"},
        **{"message": "0/1 nodes are available", "lastTransitionTime": "2020-01-01T00:00:00Z"},
    }
]
Object = dict[str, Any]


class Kept:
    """What the cluster holds; each Deployment has one pod, and each Job.

    Attributes:
        exits: part of a job's name -> the status with which it ended; any other runs.
    """

    def __init__(self) -> None:
        self.held: dict[str, Object] = {}
        self.balanced: Object = {}
        self.conditions: Mapping[str, list[Object]] = {}
        self.asked: list[tuple[str, str]] = []
        self.exits: dict[str, int] = {}
        self._versions = count(1)
        self._seconds = count()

    def __call__(self, cloud: Any, means: Any) -> _Cluster:
        return _Cluster(self, cloud.data["kubernetes"])

    def names(self, plural: str) -> list[str]:
        return sorted(p.rpartition("/")[2] for p in self.held if f"/{plural}/" in p)

    def put(self, path: str, body: Object) -> Object:
        made = copy.deepcopy(body)
        made["metadata"]["resourceVersion"] = str(next(self._versions))
        made["metadata"].setdefault("uid", made["metadata"]["resourceVersion"])
        known = self.held.get(path, made)["metadata"].get("creationTimestamp") or self._now()
        made["metadata"]["creationTimestamp"] = known
        if made.get("kind") == "Service" and made["spec"]["type"] != "ClusterIP":
            for number, port in enumerate(made["spec"]["ports"]):
                port["nodePort"] = 30_000 + number
            made["status"] = {"loadBalancer": self.balanced}
        self.held[path] = made
        return made

    def pods(self) -> list[Object]:
        """One of each Deployment; what a name says, its pod has, else it is ready."""
        found = []
        for path, each in sorted(self.held.items()):
            if "/deployments/" in path:
                name = each["metadata"]["name"]
                labels = each["spec"]["template"]["metadata"]["labels"]
                held = next((c for n, c in self.conditions.items() if n in name), READY)
                metadata = {"name": f"{name}-77-x1", "labels": labels}
                spec = each["spec"]["template"]["spec"]
                status = {"conditions": held}
                found.append({"metadata": metadata, "spec": spec, "status": status})
            if "/jobs/" in path:
                found.append(self._of_job(each))
        return found

    def _now(self) -> str:
        """A second later with each object that is put there."""
        began = datetime.datetime(2026, 11, 29, tzinfo=datetime.UTC)
        return (began + datetime.timedelta(seconds=next(self._seconds))).isoformat()

    def exit_of(self, job: str) -> int | None:
        """With what it ended; None where it runs."""
        return next((status for part, status in self.exits.items() if part in job), None)

    def _of_job(self, job: Object) -> Object:
        name, template = job["metadata"]["name"], job["spec"]["template"]
        labels = {**template["metadata"]["labels"], "batch.kubernetes.io/job-name": name}
        status = self.exit_of(name)
        state = {"running": {}} if status is None else {"terminated": {"exitCode": status}}
        told = {"phase": "Running", "containerStatuses": [{"name": "job", "state": state or {}}]}
        if status is None:
            told["containerStatuses"][0]["state"] = {"running": {"startedAt": "now"}}
        return {
            "metadata": {"name": f"{name}-x1", "labels": labels},
            "spec": template["spec"],
            "status": told,
        }


class _Cluster:
    def __init__(self, kept: Kept, own: Mapping[str, Any]) -> None:
        self._kept, self.own, self.namespace = kept, own, str(own["namespace"])

    def close(self) -> None:
        pass

    def ask(
        self, verb: str, path: str, query: Any = None, body: Any = None, content: str = ""
    ) -> Object:
        held = self._kept.held
        self._kept.asked.append((verb, path))
        if verb == "PATCH" and "/pods/" in path:
            return {}
        if verb == "POST":
            path = f"{path}/{body['metadata']['name']}"
            if path in held:
                raise refused(409, {"message": "it is there already"})
            return self._kept.put(path, body)
        if path not in held:
            raise refused(404, {"message": f'"{path}" not found'})
        if verb == "DELETE":
            return held.pop(path)
        if verb == "PUT":
            if held[path]["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"]:
                raise refused(409, {"message": "it was changed"})
            return self._kept.put(path, body)
        return self._told(path)

    def _told(self, path: str) -> Object:
        """An object, and of a job how it ended."""
        each = self._kept.held[path]
        status = self._kept.exit_of(each["metadata"]["name"]) if "/jobs/" in path else None
        if status is None:
            return each
        at, kind = "2026-11-29T12:00:30Z", "Failed" if status else "Complete"
        condition = {"type": kind, "status": "True", "lastTransitionTime": at}
        return {**each, "status": {"conditions": [condition], "completionTime": at}}

    def apply(self, path: str, wanted: Object, *, is_dry: bool = False) -> Object:
        self._kept.asked.append(("TRY" if is_dry else "APPLY", path))
        if is_dry:
            return copy.deepcopy(wanted)
        return self._kept.put(path, wanted)

    def list(self, path: str, **query: str) -> list[Object]:
        text = query.get("labelSelector", "").replace(" in (", "=").replace(")", "")
        wanted = [pair.split("=") for pair in text.split(",") if pair]
        held = self._kept.held.items()
        all_ = [each for at, each in held if at.rpartition("/")[0] == path]
        all_ = self._kept.pods() if path.endswith("/pods") else all_
        return [
            each
            for each in all_
            if all(each["metadata"].get("labels", {}).get(key) == value for key, value in wanted)
        ]

    def remembered(self, path: str) -> Any:
        return self.list(path)

    def text(self, path: str, query: Any = None) -> str:
        return "a line"
