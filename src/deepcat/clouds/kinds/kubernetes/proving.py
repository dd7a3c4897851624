"""The step that waits until all that was made answers, or until it is known why it will not."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from deepcat.clouds.failure import FailureKind
from deepcat.clouds.kinds.kubernetes import (
    guarding,
    happens,
    jobs,
    loading,
    names,
    notebooks,
    outside,
    queues,
)
from deepcat.clouds.kinds.kubernetes.given import (
    Given,
    Result,
    Values,
    addresses,
    ports_of,
)
from deepcat.clouds.kinds.kubernetes.held import Held
from deepcat.clouds.kinds.kubernetes.leading import lead, proving, reached
from deepcat.clouds.kinds.kubernetes.logs import tails
from deepcat.clouds.kinds.kubernetes.looking import Look, looking
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.clouds.manifests.pods import STATE
from deepcat.host.failure import StepError

_LOOK_S = 0.5
# How often pods that do not answer yet are asked whether they still load.
_LOADING_S = 3.0
_WAIT_S = 20.0


def prove(given: Given) -> Result:
    """Wait until all pods that were made answer, or until it is known why they will not."""
    held, values = given.held, given.values
    tried = proving(held.require(given.run), values)
    if len(tried) < int(values.get("servers") or 0):
        hint = "run `deepcat destroy` for it, then `deepcat apply`"
        raise StepError("cloud", "run/gone", "its servers are not on the cluster", hint)
    live = held.state.get("live") or {}
    for node, each in tried.items():
        _wait(given, each)
        is_server = ports_of(each) is None
        if is_server and outside.opens(held.cluster.own):  # an address, before it takes over
            lead(held, node, live.get(node) or each)
            reached(held, each)
    jobs.prove(held, values)
    notebooks.prove(held, values)
    space = held.cluster.namespace
    listening = [
        {
            "models": each["models"],
            "listens": addresses(each, space, "pods"),
            "final": addresses(each, space),
            # Its reader compares the samples next, through a port-forward, before it takes over.
            "unasked": True,
            "inside": True,
        }
        for each in tried.values()
        if ports_of(each) is None
    ]
    return {"changed": False, "ansible_facts": {"deepcat_listening": listening}}


def _wait(given: Given, each: Values) -> None:
    held = given.held
    space, own = held.cluster.namespace, names.label(held.name)
    among = looking(given.cloud.name, space, held.catalog)
    with among.waiting(own):
        pods = _until_ready(given, each, lambda: among.look(held.cluster, held.catalog, own))
    if each.get("guarded") and given.keys is not None:
        up = [pod for pod in pods if happens.is_ready(pod)]
        guarding.wait_until_it_counts(held, given.keys, each, up)


def _until_ready(given: Given, each: Values, look: Callable[[], Look]) -> list[Any]:
    """The pods of a server, once enough of them answer."""
    held, own = given.held, names.label(given.held.name)
    wait_s = float(held.cluster.own.get("wait") or _WAIT_S)
    until = time.monotonic() + float(given.values["timeout"])
    looked = time.monotonic()
    while True:
        there = look()
        pods = there.pods_of(own, {STATE: str(each["state"])})
        workload = there.workloads.get(str(each["workload"])) or {}
        if not workload:
            held.require_staying()
            hint = "see who else deletes in the namespace, then run the same command again"
            raise StepError("cloud", "run/gone", "somebody took away what kept its pods", hint)
        seen = happens.seen(workload, pods, there.events, datetime.now(UTC), wait_s)
        if seen.ready >= int(each["replicas"]):
            return pods
        if seen.trouble is not None:
            error = (queues.why(held.cluster, pods) or seen.trouble).error()
            error.log = "\n".join(tails(held.cluster, pods, 60))
            raise error
        if time.monotonic() - looked > _LOADING_S:
            _require_nodes(held, pods, wait_s)
            if ports_of(each) is None:
                loading.require_loading(held.cluster, each, pods, given.keys)
            looked = time.monotonic()
        if time.monotonic() > until:
            raise _too_late(given, bool(pods), seen.waits)
        time.sleep(_LOOK_S)


def _require_nodes(held: Held, pods: list[Any], wait_s: float) -> None:
    """Raise StepError where a node is lost whose pods do not answer yet."""
    names_ = {(pod.get("spec") or {}).get("nodeName") for pod in pods if not happens.is_ready(pod)}
    for name in sorted(filter(None, names_)):
        try:
            found = held.cluster.list("/api/v1/nodes", fieldSelector=f"metadata.name={name}")
        except RefusedError as error:
            if error.kind is not FailureKind.AUTH:
                raise
            return  # who calls may not see them, and pods are told of later
        for node in found:
            if trouble := happens.lost(node, datetime.now(UTC), wait_s):
                raise trouble.error()


def _too_late(given: Given, has_pods: bool, waits: str) -> StepError:
    after = f"after {float(given.values['timeout']):.0f} s"
    if not has_pods:
        hint = "see that the cluster's controllers run"
        return StepError("cloud", "run/cluster", f"the cluster made no pod {after}", hint)
    why = f": {waits[:300]}" if waits else ""
    hint = "see `deepcat logs`, or allow more time"
    return StepError("module", "run/timeout", f"its pods do not answer {after}{why}", hint)
