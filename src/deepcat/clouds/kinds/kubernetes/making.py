"""The steps that make something: the owner's tag, models, servers, containers, jobs."""

from __future__ import annotations

import secrets
from dataclasses import replace

from deepcat.clouds.kinds.kubernetes import (
    claims,
    containers,
    guarding,
    jobs,
    notebooks,
    outside,
    queues,
    rollout,
    scaling,
    wanted,
)
from deepcat.clouds.kinds.kubernetes.given import (
    Given,
    Result,
    addresses,
    require_own,
    with_attributes,
)
from deepcat.clouds.kinds.kubernetes.held import BESIDE
from deepcat.clouds.manifests import objects
from deepcat.clouds.manifests.containers import made_of
from deepcat.host.failure import StepError
from deepcat.host.place import read_json

# Objects of a server that lead to its pods, or look after them, once these have proved themselves.
_LAST = ("Service", "Ingress", "HTTPRoute", "PodDisruptionBudget", scaling.KIND)


def begin(given: Given) -> Result:
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


def access(given: Given) -> Result:
    """Let the keys that the run has brought count for what runs, and for what it makes."""
    held, keys = given.held, given.keys
    state = held.require(given.run)
    if keys is None:
        return {"changed": False}
    # Noted first, as all else is.
    held.save({**state, "guarded": True}, held.owner)
    return {"changed": guarding.give(held, keys, given.run)}


def model(given: Given) -> Result:
    """Note a model; pods fetch it, or are given it."""
    state, name = given.held.require(given.run), str(given.values["node"]["name"])
    told = wanted.model(given.values)
    models = {**state.get("models", {}), name: told}
    given.held.save({**state, "models": models}, given.held.owner)
    return with_attributes(given.values, {"directory": f"/models/{told['name']}"}, changed=False)


def server(given: Given) -> Result:
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
        require_own(held, node, old)
        rollout.rest(held, old)
    for each in made:
        if each["kind"] not in _LAST:
            there = held.apply(scaling.as_many(held, each, served))
            if each["kind"] == "Deployment" and served.card is not None:
                claims.claim(held.cluster, served, there)
    is_new = old.get("state") != served.state
    at = addresses(told, space)
    attributes = {
        "address": f"{served.name}.{space}.svc",
        "rest_port": objects.REST,
        "grpc_port": objects.GRPC,
        "rest_url": at["rest"],
        "grpc_url": at["grpc"],
    }
    return with_attributes(given.values, attributes, changed=is_new)


def container(given: Given) -> Result:
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
    return with_attributes(given.values, attributes, changed=is_new)


def job(given: Given) -> Result:
    """Hand a job over, unless the very same was."""
    return jobs.result(given.values, changed=jobs.bring_up(given.held, given.values))


def notebook(given: Given) -> Result:
    """Ask for a notebook, unless the very same is there."""
    held, node = given.held, str(given.values["node"]["name"])
    changed = notebooks.bring_up(held, given.values)
    mine = held.state["notebooks"][node]
    noted = mine.get("candidate") or mine["live"]
    at = notebooks.url(noted, held.cluster.namespace, held.name)
    host = at.split("/")[2].partition(":")[0]
    attributes = {"address": host, "port": noted["port"], "url": at}
    return with_attributes(given.values, attributes, changed=changed)
