"""How new pods take over from old ones: beside them, or after they have ended.

Beside them, nobody is left without an answer, and both need room at once. Where no card is free for
that, `rollout: recreate` of the cloud's file lets the old ones end first; what fails then lets them
begin again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from deepcat.clouds.kinds.kubernetes.edge import Cluster
from deepcat.clouds.kinds.kubernetes.held import WHERE, Held
from deepcat.clouds.kinds.kubernetes.probe import free
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.clouds.manifests.pods import STATE
from deepcat.clouds.manifests.values import Served
from deepcat.host.failure import StepError

Values = Mapping[str, Any]
_MERGE = "application/merge-patch+json"
_GONE = 404
_ENDS_S = 120.0
_LOOK_S = 0.5
_KNOWN_S = 10.0
_lock = threading.Lock()
_known: dict[tuple[str, str, str], tuple[float, int | None]] = {}


def ends_first(own: Values) -> bool:
    """Whether old pods end before new ones begin. Pure."""
    return own.get("rollout") == "recreate"


def rest(held: Held, each: Values) -> None:
    """Let the pods of a server end, and keep all else of it.

    Args:
        held: the deployment.
        each: its server, as it was noted and looked through.

    Raises:
        RefusedError: the cluster does not do it.
        StepError: they do not end (``run/going``).
    """
    _scale(held, each, 0)
    until = time.monotonic() + _ENDS_S
    while held.pods(f"{STATE}={each['state']}"):
        if time.monotonic() > until:
            message = f"its old pods are still going after {_ENDS_S:.0f} s"
            hint = "see what keeps them, then run the same command again"
            raise StepError("cloud", "run/going", message, hint)
        time.sleep(_LOOK_S)


def again(held: Held, each: Values) -> None:
    """Let the pods of a server begin again.

    Raises:
        RefusedError: the cluster does not do it.
    """
    _scale(held, each, int(each["replicas"]))


def told(cluster: Cluster, shape: str) -> str:
    """What a plan says of an update: that nobody answers meanwhile, or that it has no room.

    Args:
        cluster: where.
        shape: of the pods.

    Raises:
        RefusedError: the cluster does not tell.
    """
    if ends_first(cluster.own):
        return "! the old pods end first: nobody answers until the new ones do"
    if _free(cluster, shape) != 0:
        return ""
    return (
        f"! no node has room for one more pod of `{shape}` beside the old one: this fails unless"
        " something goes; `rollout: recreate` of the cloud's file lets the old one end first"
    )


def _free(cluster: Cluster, shape: str) -> int | None:
    """How many more pods of a shape begin at once; all changes of a plan share a look."""
    key = repr(cluster.own.get("login")), cluster.namespace, shape
    with _lock:
        at, found = _known.get(key, (0.0, None))
        if not at or time.monotonic() - at > _KNOWN_S:
            found = free(cluster, shape)
            _known[key] = time.monotonic(), found
        return found


def _scale(held: Held, each: Values, replicas: int) -> None:
    name = Served(str(each["name"]), "", (), state=str(each["state"])).workload
    group, plural = WHERE["Deployment"]
    path = f"/{group}/namespaces/{held.cluster.namespace}/{plural}/{name}"
    try:
        held.cluster.ask("PATCH", path, None, {"spec": {"replicas": replicas}}, _MERGE)
    except RefusedError as error:
        if error.status != _GONE:
            raise
