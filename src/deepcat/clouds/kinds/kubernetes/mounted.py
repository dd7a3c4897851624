"""The data of a training that its pod mounts: a claim of the namespace, or a folder of NFS.

Its node mounts it, read-only. Whether a claim is there, and is bound or will be with the pod, is
seen before anything is made; of what an NFS server has, the pod's own events tell.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from deepcat.clouds.kinds.kubernetes.edge import Cluster
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.clouds.manifests.jobs import Mounted
from deepcat.host.data import address
from deepcat.host.data.wanted import Datum
from deepcat.host.failure import StepError
from deepcat.host.job.wanted import Wanted

_PATIENCE_S, _LOOK_S = 20.0, 0.5
# What a claim's events say where it waits for a pod, which is as it should be.
_WAITS = "WaitForFirstConsumer"


def mounts(wanted: Wanted) -> tuple[Mounted, ...]:
    """What a job's pod mounts.

    Raises:
        StepError: the catalog's owners do not name it (``data/host``), or no pod mounts it.
    """
    asked = wanted.training.data if wanted.training else ()
    return tuple(_mounted(each, wanted) for each in asked if each.is_mounted)


def _mounted(datum: Datum, wanted: Wanted) -> Mounted:
    where = datum.where
    path = str(PurePosixPath("/", where.base))
    if where.kind == address.NFS:
        _require_named(wanted.allowed.mounted.host(where.remote, address.NFS_PORT), datum.address)
        volume: Mapping[str, Any] = {
            "nfs": {"server": where.remote, "path": path, "readOnly": True}
        }
        return Mounted(datum.name, volume)
    if where.kind == address.CLAIM:
        own = f"{address.CLAIM_SCHEME}://{where.remote}"
        _require_named(own in wanted.allowed.mounts, own)
        claim = {"claimName": where.remote, "readOnly": True}
        return Mounted(datum.name, {"persistentVolumeClaim": claim}, path.strip("/"))
    message = f"a pod mounts no `{datum.address[:300]}`"
    raise StepError("cloud", "data/mount", message, "stage it: take `how: mount` away")


def _require_named(is_named: bool, what: str) -> None:
    if not is_named:
        message = f"nothing of `{what[:300]}` may be mounted"
        hint = "let the catalog's owners name it: `allowed_data: {mounts: […]}`"
        raise StepError("module", "data/host", message, hint)


def require(cluster: Cluster, wanted: Wanted) -> None:
    """See that the claims that a job mounts are there, and are bound or will be with its pod.

    Raises:
        StepError: one is not (``data/mount``), in the cluster's own words.
    """
    for each in mounts(wanted):
        if name := (each.volume.get("persistentVolumeClaim") or {}).get("claimName"):
            _require_claim(cluster, str(name))


def _require_claim(cluster: Cluster, name: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            path = f"/api/v1/namespaces/{cluster.namespace}/persistentvolumeclaims/{name}"
            claim = cluster.ask("GET", path)
        except RefusedError as error:
            if error.status == 403:
                return  # its pod's events tell later, in fewer words
            if error.status != 404:
                raise
            message = f"the namespace `{cluster.namespace}` has no claim `{name}`"
            raise _unfit(message, "correct its name, or have it made") from None
        phase = str((claim.get("status") or {}).get("phase") or "")
        if phase == "Bound":
            return
        seen = _told(cluster, name)
        if seen is None and phase == "Pending":
            return  # nobody here can tell; its pod's own state does
        reason, words = seen or ("", "")
        if phase == "Pending" and reason == _WAITS:
            return
        if phase == "Lost" or time.monotonic() > until:
            said = f": {words}" if words else ""
            message = f"the claim `{name}` is {phase.lower() or 'not bound'}{said}"
            raise _unfit(message, "see who runs the cluster: no volume is bound to it")
        time.sleep(_LOOK_S)


def _told(cluster: Cluster, name: str) -> tuple[str, str] | None:
    """The reason and the words of a claim's last event; None where they may not be seen."""
    chosen = f"involvedObject.kind=PersistentVolumeClaim,involvedObject.name={name}"
    path = f"/api/v1/namespaces/{cluster.namespace}/events"
    try:
        events = cluster.list(path, fieldSelector=chosen)
    except RefusedError:
        return None
    last = max(events, key=lambda each: str(each.get("lastTimestamp") or ""), default={})
    words = " ".join(str(last.get("message") or "").split())[:500]
    return str(last.get("reason") or ""), words


def _unfit(message: str, hint: str) -> StepError:
    return StepError("cloud", "data/mount", message, hint)
