"""What the cluster holds of a deployment: its objects, and the one that bears its owner tag.

The tag is written before anything else is made and goes when all else is gone, so that nothing is
ever there without an owner. It is changed by compare-and-swap: of two runs, one is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from deepcat.clouds.kinds.kubernetes import names
from deepcat.clouds.kinds.kubernetes.edge import Cluster, Object
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.host.failure import StepError

# What an object is called in an address, by its kind; in the order that they are applied.
WHERE: Mapping[str, tuple[str, str]] = {
    "ConfigMap": ("api/v1", "configmaps"),
    "NetworkPolicy": ("apis/networking.k8s.io/v1", "networkpolicies"),
    "Deployment": ("apis/apps/v1", "deployments"),
    "Service": ("api/v1", "services"),
    "PodDisruptionBudget": ("apis/policy/v1", "poddisruptionbudgets"),
}
# What a deployment has only where its cloud's `endpoint` asks for it, or its topology: not every
# cluster knows it, nor lets us look for it.
BESIDE: Mapping[str, tuple[str, str]] = {
    "PersistentVolumeClaim": ("api/v1", "persistentvolumeclaims"),
    "Ingress": ("apis/networking.k8s.io/v1", "ingresses"),
    "HTTPRoute": ("apis/gateway.networking.k8s.io/v1", "httproutes"),
    "Job": ("apis/batch/v1", "jobs"),
    "CronJob": ("apis/batch/v1", "cronjobs"),
    "HorizontalPodAutoscaler": ("apis/autoscaling/v2", "horizontalpodautoscalers"),
}
# Of them what every cluster knows, and who applies may list in any case.
_ANY = frozenset({"PersistentVolumeClaim", "Job", "CronJob", "HorizontalPodAutoscaler"})
_OWNER_FILE, _STATE_FILE = "owner.json", "state.json"
_GONE = 404
_CONFLICT = 409


class Held:
    """One deployment on a cluster.

    Args:
        cluster: where.
        catalog: the catalog's id.
        name: the deployment's.
    """

    def __init__(self, cluster: Cluster, catalog: str, name: str) -> None:
        self.cluster, self.catalog, self.name = cluster, catalog, name
        self._tag: Object | None = None

    @property
    def state(self) -> dict[str, Any]:
        """What runs have noted; empty before the first one."""
        return self._json(_STATE_FILE)

    @property
    def owner(self) -> dict[str, Any]:
        """The owner tag; empty before the first run."""
        return self._json(_OWNER_FILE)

    @property
    def reference(self) -> dict[str, str]:
        """The owner tag as what goes with it refers to it; empty before the first run."""
        known = (self._tag or {}).get("metadata") or {}
        if not known.get("uid"):
            return {}
        own = {"name": str(known["name"]), "uid": str(known["uid"])}
        return {"apiVersion": "v1", "kind": "ConfigMap", **own}

    @property
    def since(self) -> str:
        """When its tag was made, by the cluster's clock; empty before the first run."""
        return str(((self._tag or {}).get("metadata") or {}).get("creationTimestamp") or "")

    def read(self) -> None:
        """See what the tag says now.

        Raises:
            RefusedError: the cluster does not tell.
        """
        try:
            self._tag = self.cluster.ask("GET", self._at)
        except RefusedError as error:
            if error.status != _GONE or error.code == "run/namespace":
                raise
            self._tag = None

    def require(self, run: str) -> dict[str, Any]:
        """The state, if it still belongs to this run.

        Raises:
            StepError: a newer run has taken over, or the namespace is going (``run/namespace``).
            RefusedError: as `read`.
        """
        self.read()
        if self._tag is None:
            self.require_staying()
        if self.state.get("run") != run:
            message = f"another run has taken over `{self.name}`"
            raise StepError("cloud", "run/superseded", message, "see `deepcat records log`")
        return self.state

    def require_staying(self) -> None:
        """See that what is missing has not gone with all of the namespace.

        Raises:
            StepError: it has, or is about to (``run/namespace``).
        """
        space = self.cluster.namespace
        try:
            told = self.cluster.ask("GET", f"/api/v1/namespaces/{space}").get("status") or {}
        except RefusedError as error:
            told = {"phase": "gone"} if error.code == "run/namespace" else {}
        if told.get("phase") in ("Terminating", "gone"):
            hint = "wait until the namespace is gone, and make it anew"
            message = f"the namespace `{space}` is being terminated"
            raise StepError("cloud", "run/namespace", message, hint)

    def save(self, state: Mapping[str, Any], owner: Mapping[str, Any]) -> None:
        """Write both, unless somebody else has since.

        Raises:
            StepError: somebody has.
            RefusedError: the cluster does not take it.
        """
        known = (self._tag or {}).get("metadata") or {}
        metadata: Object = {
            "name": names.tag_name(self.catalog, self.name),
            "namespace": self.cluster.namespace,
            "labels": {
                **names.labels(self.catalog, self.name),
                names.PART: names.OWNER,
                "app.kubernetes.io/managed-by": "deepcat",
            },
        }
        data = {_OWNER_FILE: json.dumps(owner), _STATE_FILE: json.dumps(state)}
        wanted: Object = {"apiVersion": "v1", "kind": "ConfigMap", "data": data}
        space, _, _ = self._at.rpartition("/")
        try:
            if known:
                metadata["resourceVersion"] = known["resourceVersion"]
                self._tag = self.cluster.ask("PUT", self._at, None, wanted | {"metadata": metadata})
            else:
                self._tag = self.cluster.ask("POST", space, None, wanted | {"metadata": metadata})
        except RefusedError as error:
            if error.status == _GONE:
                self.require_staying()
            if error.status != _CONFLICT:
                raise
            message = f"another run is at work on `{self.name}`"
            raise StepError(
                "cloud", "run/superseded", message, "run the same command again"
            ) from None

    def apply(self, wanted: Object) -> Object:
        """An object as it is once the cluster has it as it is given.

        Raises:
            RefusedError: it does not take it.
        """
        return self.cluster.apply(self._path(wanted["kind"], wanted["metadata"]["name"]), wanted)

    def create(self, wanted: Object) -> Object:
        """An object as it is there: made now, or by somebody before.

        Raises:
            RefusedError: the cluster does not take it.
        """
        try:
            return self.cluster.ask("POST", self._path(wanted["kind"]), None, wanted)
        except RefusedError as error:
            if error.status != _CONFLICT:
                raise
            return self.found(wanted["kind"], wanted["metadata"]["name"])

    def remove(self, kind: str, name: str) -> None:
        """Take one of its objects away, if it is there.

        Raises:
            RefusedError: the cluster does not do it.
        """
        self._delete(self._path(kind, name))

    def tried(self, wanted: Object) -> Object:
        """An object as it would be once it was applied; nothing changes.

        Raises:
            RefusedError: the cluster would not take it.
        """
        path = self._path(wanted["kind"], wanted["metadata"]["name"])
        return self.cluster.apply(path, wanted, is_dry=True)

    def found(self, kind: str, name: str) -> Object:
        """An object as it is there; empty where it is gone.

        Raises:
            RefusedError: the cluster does not tell.
        """
        try:
            return self.cluster.ask("GET", self._path(kind, name))
        except RefusedError as error:
            if error.status != _GONE:
                raise
            return {}

    def listed(self) -> Iterator[tuple[str, str]]:
        """Kind and name of all that is the deployment's but its tag: one list of each kind.

        Raises:
            RefusedError: the cluster does not tell.
        """
        own = names.tag_name(self.catalog, self.name)
        kinds = [*WHERE, *self._beside()]
        with ThreadPoolExecutor(len(kinds)) as pool:
            for kind, found in zip(kinds, pool.map(self.each, kinds), strict=True):
                for each in found:
                    if each["metadata"]["name"] != own:
                        yield kind, str(each["metadata"]["name"])

    def prune(self, keep: frozenset[tuple[str, str]] = frozenset()) -> bool:
        """Take away all that is the deployment's and is not named; whether there was anything.

        Raises:
            RefusedError: the cluster does not do it.
        """
        found = [each for each in self.listed() if each not in keep]
        # Who is led to pods goes before these do.
        order = [*WHERE, *BESIDE]
        for kind, name in sorted(found, key=lambda each: order.index(each[0]), reverse=True):
            self._delete(self._path(kind, name))
        return bool(found)

    def each(self, kind: str) -> list[Object]:
        """The deployment's objects of one kind.

        Raises:
            RefusedError: the cluster does not tell.
        """
        own = names.chosen(self.catalog, self.name)
        return self.cluster.list(self._path(kind), labelSelector=own)

    def pods(self, selector: str = "") -> list[Object]:
        """The deployment's pods, or those of them that bear further labels.

        Raises:
            RefusedError: the cluster does not tell.
        """
        own = names.chosen(self.catalog, self.name)
        path = f"/api/v1/namespaces/{self.cluster.namespace}/pods"
        return self.cluster.list(path, labelSelector=f"{own},{selector}" if selector else own)

    def untag(self) -> None:
        """Take the owner tag away, once all else is gone.

        Raises:
            RefusedError: the cluster does not do it.
        """
        self._delete(self._at)
        self._tag = None

    def words(self, service: str) -> str:
        """What the last event says of a service; empty where there is none to be seen."""
        path = f"/api/v1/namespaces/{self.cluster.namespace}/events"
        own = f"involvedObject.kind=Service,involvedObject.name={service}"
        try:
            found = self.cluster.list(path, fieldSelector=own)
        except RefusedError:
            return ""
        found.sort(key=lambda each: str(each.get("lastTimestamp") or each.get("eventTime")))
        return " ".join(str(found[-1].get("message") or "").split()) if found else ""

    def _beside(self) -> list[str]:
        """Kinds that it may have besides: by the cloud's file now, or by what runs have noted."""
        asked = {"ingress": "Ingress", "gateway": "HTTPRoute"}
        found = {asked[word] for word in self.cluster.own.get("endpoint") or () if word in asked}
        if not self.owner:  # nobody knows what runs have made
            found |= _ANY
        return sorted(found | (set(self.state.get("beside") or ()) & BESIDE.keys()))

    def _delete(self, path: str) -> None:
        try:
            self.cluster.ask("DELETE", path, {"propagationPolicy": "Background"})
        except RefusedError as error:
            if error.status != _GONE:
                raise

    @property
    def _at(self) -> str:
        return self._path("ConfigMap", names.tag_name(self.catalog, self.name))

    def _path(self, kind: str, name: str = "") -> str:
        group, plural = {**WHERE, **BESIDE}[kind]
        space = f"/{group}/namespaces/{self.cluster.namespace}/{plural}"
        return f"{space}/{name}" if name else space

    def _json(self, file: str) -> dict[str, Any]:
        return read_file(self._tag or {}, file)


def owner_of(tag: Object) -> dict[str, Any]:
    """The owner tag that an object bears; empty when it cannot be read."""
    return read_file(tag, _OWNER_FILE)


def read_state(tag: Mapping[str, Any]) -> dict[str, Any]:
    """What runs have noted on a tag; empty when it cannot be read."""
    return read_file(tag, _STATE_FILE)


def led_to(tag: Mapping[str, Any]) -> frozenset[str]:
    """The states of those servers that readers are led to, by what runs have noted on a tag."""
    live = read_state(tag).get("live")
    each = live.values() if isinstance(live, Mapping) else ()
    return frozenset(str(one.get("state")) for one in each if isinstance(one, Mapping))


def read_file(tag: Mapping[str, Any], file: str) -> dict[str, Any]:
    """What one file of a tag holds; empty when it cannot be read."""
    try:
        data = json.loads((tag.get("data") or {}).get(file) or "{}")
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
