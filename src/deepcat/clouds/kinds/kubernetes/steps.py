"""The steps of a run, taken on a cluster: each from plain values to plain values, safe to repeat.

They are those of `deepcat.host.steps`, and give the same results; where there a folder on a host
holds a deployment, here objects do. Each state of a server has pods of its own: they prove
themselves beside those that serve, and then the service leads to them.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import FailureKind
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.kubernetes import (
    claims,
    containers,
    guarding,
    happens,
    jobs,
    loading,
    names,
    outside,
    queues,
    rollout,
    scaling,
    wanted,
)
from deepcat.clouds.kinds.kubernetes.edge import Cluster, address
from deepcat.clouds.kinds.kubernetes.held import BESIDE, Held
from deepcat.clouds.kinds.kubernetes.looking import Look, looking
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.clouds.manifests import objects
from deepcat.clouds.manifests.containers import made_of, service
from deepcat.clouds.manifests.values import Served
from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.host.job.end import on_tag
from deepcat.host.job.steps import space
from deepcat.host.model_server.keys import Keys, fingerprint, keys_of
from deepcat.host.place import read_json

Values = Mapping[str, Any]
Result = dict[str, Any]

_LOOK_S = 0.5
# How often pods that do not answer yet are asked whether they still load.
_LOADING_S = 3.0
_GOING_S = 90.0
_WAIT_S = 20.0
# Objects of a server that lead to its pods, or look after them, once these have proved themselves.
_LAST = ("Service", "Ingress", "HTTPRoute", "PodDisruptionBudget", scaling.KIND)
_STATE = re.compile(r"[0-9a-f]{8}\Z")


def take(cloud: Cloud, means: Means, values: Values) -> Result:
    """Take the step that `values["step"]` names.

    Returns:
        Ansible's result, as `deepcat.host.steps.take` gives it.
    """
    try:
        cluster = Cluster(cloud, means)
        try:
            held = Held(cluster, means.catalog, str(values["deployment"]))
            with _locked(cloud.name, held.name):
                return STEPS[str(values["step"])](_Given(held, cloud, means, values))
        finally:
            cluster.close()
    except StepError as error:
        return _failed(error)
    except RefusedError as error:
        return _failed(StepError(error.kind.value, error.code, error.message, error.hint))
    except DeepcatError as error:
        kind = "auth" if error.code.startswith("secret/") else "cloud"
        return _failed(StepError(kind, "run/credentials", error.message, error.hint or ""))
    except (KeyError, TypeError, ValueError) as error:
        why = f"a value cannot be used: {type(error).__name__}: {error}"
        return _failed(StepError("module", "run/values", why, "correct the topology's properties"))


@cache
def _locked(cloud: str, deployment: str) -> Lock:  # noqa: ARG001 - what tells one from another
    """Held by one step of a deployment at a time: each of its machines takes its own."""
    return Lock()


class _Given:
    """What a step is given."""

    def __init__(self, held: Held, cloud: Cloud, means: Means, values: Values) -> None:
        self.held, self.cloud, self.means, self.values = held, cloud, means, values

    @property
    def run(self) -> str:
        return str(self.values["run"])

    @property
    def keys(self) -> Keys | None:
        return keys_of(self.values.get("keys"))

    @property
    def files(self) -> Path:
        return Path(str(self.values["files"]))


def _begin(given: _Given) -> Result:
    """Put the owner's tag there, for this run."""
    held = given.held
    held.read()
    state, tagged = held.state, bool(held.owner)
    owner = read_json(given.files / "owner.json")
    if not owner:
        message = f"the owner tag of `{held.name}` did not come along"
        raise StepError("cloud", "run/host", message, "run the same command again")
    own = {"run": given.run, "owner": owner, "id": state.get("id") or secrets.token_hex(8)}
    # Each of its machines begins, and none forgets what another one's steps made.
    tried = state.get("tried", {}) if state.get("run") == given.run else {}
    first = state.get("first") if tagged else given.run
    held.save({**state, **own, "tried": tried, "first": first}, held.owner if tagged else owner)
    facts = {"deepcat_attributes": {}, "deepcat_begun": True}
    return {"changed": not tagged, "ansible_facts": facts}


def _access(given: _Given) -> Result:
    """Let the keys that the run has brought count for what runs, and for what it makes."""
    held, keys = given.held, given.keys
    state = held.require(given.run)
    if keys is None:
        return {"changed": False}
    # Noted first, as all else is.
    held.save({**state, "guarded": True}, held.owner)
    return {"changed": guarding.give(held, keys, given.run)}


def _model(given: _Given) -> Result:
    """Note a model; pods fetch it, or are given it."""
    state, name = given.held.require(given.run), str(given.values["node"]["name"])
    told = wanted.model(given.values)
    models = {**state.get("models", {}), name: told}
    given.held.save({**state, "models": models}, given.held.owner)
    return _with_attributes(given.values, {"directory": f"/models/{told['name']}"}, changed=False)


def _server(given: _Given) -> Result:
    """Bring up a server's pods beside those that serve."""
    held = given.held
    state, node = held.require(given.run), str(given.values["node"]["name"])
    own, space = held.cluster.own, held.cluster.namespace
    served = wanted.served(given.values, own, state.get("models", {}), space, given.means.catalog)
    served = queues.queued(held.cluster, served)
    outside.require(held.cluster)
    made = outside.made(served, own)
    told = {
        "name": served.name,
        "state": served.state,
        "workload": served.workload,
        **scaling.noted(served),
        "models": [{"name": m.name, "version": m.version} for m in served.models],
        "guarded": served.guard is not None and bool(served.guard.secret),
        "is_tls": served.guard is not None and served.guard.is_tls,
        "objects": [[each["kind"], each["metadata"]["name"]] for each in made],
    }
    # Noted first: what is made then has an owner, whoever is killed.
    tried = {**state.get("tried", {}), node: told}
    beside = {each["kind"] for each in made if each["kind"] in BESIDE} | {*state.get("beside", ())}
    held.save({**state, "tried": tried, "beside": sorted(beside)}, held.owner)
    old = state.get("live", {}).get(node) or {}
    if old and old.get("state") != served.state and rollout.ends_first(own):
        _require_own(held, node, old)
        rollout.rest(held, old)
    for each in made:
        if each["kind"] not in _LAST:
            there = held.apply(scaling.as_many(held, each, served))
            if each["kind"] == "Deployment" and served.card is not None:
                claims.claim(held.cluster, served, there)
    is_new = old.get("state") != served.state
    at = _addresses(told, space)
    attributes = {
        "address": f"{served.name}.{space}.svc",
        "rest_port": objects.REST,
        "grpc_port": objects.GRPC,
        "rest_url": at["rest"],
        "grpc_url": at["grpc"],
    }
    return _with_attributes(given.values, attributes, changed=is_new)


def _container(given: _Given) -> Result:
    """Bring up a container's pod beside the one that runs."""
    held = given.held
    state, node = held.require(given.run), str(given.values["node"]["name"])
    found = containers.container(given.values, held.cluster.own, held.catalog)
    found = replace(found, what=queues.queued(held.cluster, found.what))
    made, what = made_of(found), found.what
    told = {
        "name": what.name,
        "state": what.state,
        "workload": what.workload,
        "replicas": 1,
        "models": [],
        "ports": list(found.ports),
        "objects": [
            *([each["kind"], each["metadata"]["name"]] for each in made),
            ["Service", what.name],
            ["PodDisruptionBudget", what.name],
        ],
    }
    held.save({**state, "tried": {**state.get("tried", {}), node: told}}, held.owner)
    old = state.get("live", {}).get(node) or {}
    for each in made:
        there = held.apply(each)
        if each["kind"] == "Deployment" and what.card is not None:
            claims.claim(held.cluster, what, there)
    attributes = {"address": f"{what.name}.{held.cluster.namespace}.svc"}
    is_new = old.get("state") != what.state
    return _with_attributes(given.values, attributes, changed=is_new)


def _job(given: _Given) -> Result:
    """Hand a job over, unless the very same was."""
    return jobs.result(given.values, changed=jobs.bring_up(given.held, given.values))


def _prove(given: _Given) -> Result:
    """Wait until all pods that were made answer, or until it is known why they will not."""
    held, values = given.held, given.values
    tried = _proving(held.require(given.run), values)
    if len(tried) < int(values.get("servers") or 0):
        hint = "run `deepcat destroy` for it, then `deepcat apply`"
        raise StepError("cloud", "run/gone", "its servers are not on the cluster", hint)
    live = held.state.get("live") or {}
    for node, each in tried.items():
        _wait(given, each)
        is_server = _ports(each) is None
        if is_server and outside.opens(held.cluster.own):  # an address, before it takes over
            _lead(held, node, live.get(node) or each)
            _reached(held, each)
    jobs.prove(held, values)
    space = held.cluster.namespace
    listening = [
        {
            "models": each["models"],
            "listens": _addresses(each, space, "pods"),
            "final": _addresses(each, space),
            # Its reader compares the samples next, through a port-forward, before it takes over.
            "unasked": True,
            "inside": True,
        }
        for each in tried.values()
        if _ports(each) is None
    ]
    return {"changed": False, "ansible_facts": {"deepcat_listening": listening}}


def _proving(state: Values, values: Values) -> dict[str, Any]:
    """The servers that must prove themselves: those that the run made, and those it left as is."""
    tried = dict(state.get("tried") or {})
    if len(tried) < int(values.get("servers") or 0):
        return {**(state.get("live") or {}), **tried}
    return tried


def _wait(given: _Given, each: Values) -> None:
    held = given.held
    space, own = held.cluster.namespace, names.label(held.name)
    among = looking(given.cloud.name, space, held.catalog)
    with among.waiting(own):
        pods = _until_ready(given, each, lambda: among.look(held.cluster, held.catalog, own))
    if each.get("guarded") and given.keys is not None:
        up = [pod for pod in pods if happens.is_ready(pod)]
        guarding.wait_until_it_counts(held, given.keys, each, up)


def _until_ready(given: _Given, each: Values, look: Callable[[], Look]) -> list[Any]:
    """The pods of a server, once enough of them answer."""
    held, own = given.held, names.label(given.held.name)
    wait_s = float(held.cluster.own.get("wait") or _WAIT_S)
    until = time.monotonic() + float(given.values["timeout"])
    looked = time.monotonic()
    while True:
        there = look()
        pods = there.pods_of(own, {objects.STATE: str(each["state"])})
        workload = there.workloads.get(str(each["workload"])) or {}
        if not workload:
            raise _taken_away(held)
        seen = happens.seen(workload, pods, there.events, datetime.now(UTC), wait_s)
        if seen.ready >= int(each["replicas"]):
            return pods
        if seen.trouble is not None:
            found = seen.trouble
            error = StepError(found.kind.value, found.code, found.message, found.hint)
            error.log = "\n".join(_tails(held, pods))
            raise error
        if time.monotonic() - looked > _LOADING_S:
            _require_nodes(held, pods, wait_s)
            if _ports(each) is None:
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
                raise StepError(trouble.kind.value, trouble.code, trouble.message, trouble.hint)


def _taken_away(held: Held) -> StepError:
    """What kept its pods is there no more: somebody took it away, or all of the namespace."""
    space = held.cluster.namespace
    told = held.cluster.ask("GET", f"/api/v1/namespaces/{space}")
    if (told.get("status") or {}).get("phase") == "Terminating":
        hint = "wait until the namespace is gone, and make it anew"
        message = f"the namespace `{space}` is being terminated"
        return StepError("cloud", "run/namespace", message, hint)
    hint = "see who else deletes in the namespace, then run the same command again"
    return StepError("cloud", "run/gone", "somebody took away what kept its pods", hint)


def _too_late(given: _Given, has_pods: bool, waits: str) -> StepError:
    after = f"after {float(given.values['timeout']):.0f} s"
    if not has_pods:
        hint = "see that the cluster's controllers run"
        return StepError("cloud", "run/cluster", f"the cluster made no pod {after}", hint)
    why = f": {waits[:300]}" if waits else ""
    hint = "see `deepcat logs`, or allow more time"
    return StepError("module", "run/timeout", f"its pods do not answer {after}{why}", hint)


def _tails(held: Held, pods: list[Any]) -> list[str]:
    from deepcat.clouds.kinds.kubernetes.logs import tails

    return tails(held.cluster, pods, 60)


def _settle(given: _Given) -> Result:
    """Let the services lead to what was proved, and take away what they led to."""
    held = given.held
    state = held.require(given.run)
    live = _proving(state, given.values)
    for node, each in live.items():
        _lead(held, node, each)
    state = {**state, "jobs": settled} if (settled := jobs.settled(state)) else state
    endpoints: dict[str, str] = {}
    for node, each in sorted(live.items()):
        prefix = "" if len(live) == 1 else f"{node}-"
        endpoints |= {f"{prefix}{k}": v for k, v in _reached(held, each).items()}
    found = {"endpoints": endpoints, "private": [], "resources": _resources(given, state, live)}
    keys = given.keys if _are_guarded(live) else None
    counting = guarding.marks(keys) if keys is not None else {}
    owner = {**state["owner"], "status": "running", **found, "keys": counting}
    # What an older state noted is forgotten only when its objects are gone.
    held.save({**state, "live": live}, owner)
    if state.get("first") != given.run:  # else nothing can be there but what this run made
        held.prune(_kept(live) | jobs.kept(state))
    if owner.get("is_job") and (end := jobs.ended(held)):
        held.save(held.state, {**owner, **on_tag(end)})
        found["ended"] = end.as_dict()
    _close(given, live)
    return {"changed": True, "ansible_facts": {"deepcat_settled": True}, "deepcat": found}


def _are_guarded(live: Mapping[str, Values]) -> bool:
    return any(each.get("guarded") for each in live.values())


def _close(given: _Given, live: Mapping[str, Values]) -> None:
    """Let the run's own key count no more, nor any where nobody is asked for one."""
    held = given.held
    if _are_guarded(live):
        if given.keys is not None:
            guarding.forget_proof(held, given.keys, given.run)
    elif held.state.get("guarded"):
        guarding.take_away(held)
        held.save({**held.state, "guarded": False}, held.owner)


def _lead(held: Held, node: str, each: Values) -> None:
    """Let a server's service lead to its pods."""
    _require_own(held, node, each)
    space, labels = held.cluster.namespace, names.labels(held.catalog, held.name)
    served = Served(each["name"], "", (), namespace=space, state=each["state"], labels=labels)
    ports = _ports(each)
    leading = outside.leading(served, held.cluster.own) if ports is None else []
    for found in [service(served, ports)] if ports else leading:
        held.apply(found)
    held.apply(objects.budget(served))
    if found := scaling.scaler(served, each):
        held.apply(found)


def _require_own(held: Held, node: str, each: Values) -> None:
    """Raise StepError unless a run could have noted this.

    It lies where others of the namespace may write: two words of it count, and no others.
    """
    own = (
        names.server_name(held.catalog, held.name),
        names.server_name(held.catalog, held.name, node),
    )
    if each["name"] not in own or not _STATE.match(str(each["state"])):
        hint = "run `deepcat destroy` for it, then `deepcat apply`"
        raise StepError("cloud", "run/noted", f"somebody changed what is noted of `{node}`", hint)


def _reached(held: Held, each: Values) -> dict[str, str]:
    """Where readers ask a server: in the cluster, or from outside where its cloud says so."""
    if (ports := _ports(each)) is not None:
        return containers.reached(str(each["name"]), held.cluster.namespace, ports)
    return outside.reached(held, _addresses(each, held.cluster.namespace), str(each["name"]))


def _ports(each: Values) -> tuple[int, ...] | None:
    """Those of a container; None of a model server, which has its own.

    They lie where others of the namespace may write.
    """
    return containers.ports_of(each["ports"]) if "ports" in each else None


def _resources(given: _Given, state: Values, live: Mapping[str, Values]) -> dict[str, Any]:
    host = address(given.held.cluster.own["login"], given.means)
    shown = given.keys.certificate if given.keys is not None and _are_guarded(live) else ""
    certificate = {"certificate": [fingerprint(shown)]} if shown else {}
    return {
        **certificate,
        "machine": f"{given.cloud.name}/{host}/{state.get('id', '')}",
        "place": str(given.values["place"]),
        "programs": sorted(
            [
                *(each["workload"] for each in live.values()),
                *(j["program"] for j in jobs.live(state)),
            ]
        ),
        "models": sorted({model["name"] for each in live.values() for model in each["models"]}),
    }


def _kept(live: Mapping[str, Values]) -> frozenset[tuple[str, str]]:
    return frozenset((kind, name) for each in live.values() for kind, name in each["objects"])


def _abandon(given: _Given) -> Result:
    """Take away what did not prove itself; leave what ran before, or nothing."""
    held, failed = given.held, {"deepcat_failed": True}
    held.read()
    if held.state.get("run") != given.run:
        return {"changed": False, "ansible_facts": failed}
    live, before = held.state.get("live") or {}, jobs.abandoned(held.state)
    end = jobs.ended(held)
    told = {"ended": end.as_dict()} if end else {}
    if not live and not jobs.live(held.state):
        _delete(given)
        return {"changed": True, "ansible_facts": failed, "deepcat": {"left": False, **told}}
    for node, each in live.items():  # what both share may have been changed
        _lead(held, node, each)
        if rollout.ends_first(held.cluster.own):
            rollout.again(held, each)
    known = {"jobs": before} if before else {}
    held.save({**held.state, "tried": {}, **known}, held.owner)
    held.prune(_kept(live) | jobs.kept(held.state))
    _close(given, live)
    return {"changed": True, "ansible_facts": failed, "deepcat": {"left": True, **told}}


def _require(given: _Given) -> Result:
    given.held.require(given.run)
    return {"changed": False}


def _delete(given: _Given) -> Result:
    """Take all down, and say so only once no pod is left."""
    held = given.held
    held.read()
    existed = held.prune() or bool(held.owner)
    until = time.monotonic() + _GOING_S
    while pods := held.pods():
        if time.monotonic() > until:
            named = ", ".join(str(pod["metadata"]["name"]) for pod in pods[:3])
            hint = "see what keeps them, then run the same command again"
            message = f"its pods are still going after {_GOING_S:.0f} s: {named}"
            raise StepError("cloud", "run/going", message, hint)
        time.sleep(_LOOK_S)
    if held.state.get("guarded"):
        guarding.take_away(held)
    held.untag()
    return {"changed": existed}


STEPS: Mapping[str, Callable[[_Given], Result]] = {
    "begin": _begin,
    "access": _access,
    "model": _model,
    "server": _server,
    "container": _container,
    "job": _job,
    "space": lambda given: space(given.values),
    "prove": _prove,
    "settle": _settle,
    "require": _require,
    "abandon": _abandon,
    "delete": _delete,
}


def _addresses(each: Values, namespace: str, of: str = "svc") -> dict[str, str]:
    """Where a server's service answers inside the cluster; or, for a tunnel alone, its pods do."""
    host = f"{each['name' if of == 'svc' else 'workload']}.{namespace}.{of}"
    scheme, before = ("https", "https://") if each.get("is_tls") else ("http", "")
    return {"rest": f"{scheme}://{host}:{objects.REST}", "grpc": f"{before}{host}:{objects.GRPC}"}


def _with_attributes(values: Values, attributes: Values, *, changed: bool) -> Result:
    known = {**values.get("attributes", {}), values["node"]["name"]: attributes}
    return {"changed": changed, "ansible_facts": {"deepcat_attributes": known}}


def _failed(error: StepError) -> Result:
    log = {"log": error.log} if error.log else {}
    return {"failed": True, "msg": error.message, "deepcat_failure": error.as_dict()} | log
