"""The steps that end a run: what it made holds, or goes; and what takes all down."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from deepcat.clouds.kinds.kubernetes import guarding, jobs, notebooks, rollout
from deepcat.clouds.kinds.kubernetes.edge import address
from deepcat.clouds.kinds.kubernetes.given import (
    Given,
    Result,
    Values,
)
from deepcat.clouds.kinds.kubernetes.leading import lead, proving, reached
from deepcat.host.failure import StepError
from deepcat.host.job.end import on_tag
from deepcat.host.model_server.keys import fingerprint

_LOOK_S = 0.5
_GOING_S = 90.0


def settle(given: Given) -> Result:
    """Let the services lead to what was proved, and take away what they led to."""
    held = given.held
    state = held.require(given.run)
    live = proving(state, given.values)
    for node, each in live.items():
        lead(held, node, each)
    state = {**state, "jobs": settled} if (settled := jobs.settled(state)) else state
    if state.get("notebooks"):
        begun = notebooks.settled(state)
        notebooks.take_tokens_away(held, begun)
        state = {**state, "notebooks": begun}
    endpoints: dict[str, str] = notebooks.endpoints(held, state)
    for node, each in sorted(live.items()):
        prefix = "" if len(live) == 1 else f"{node}-"
        endpoints |= {f"{prefix}{k}": v for k, v in reached(held, each).items()}
    found = {"endpoints": endpoints, "private": [], "resources": _resources(given, state, live)}
    keys = given.keys if _are_guarded(live) else None
    counting = guarding.marks(keys) if keys is not None else {}
    owner = {**state["owner"], "status": "running", **found, "keys": counting}
    # What an older state noted is forgotten only when its objects are gone.
    held.save({**state, "live": live}, owner)
    if state.get("first") != given.run:  # else nothing can be there but what this run made
        held.prune(_kept(live) | jobs.kept(state) | notebooks.kept(state))
    if owner.get("is_job") and (end := jobs.ended(held)):
        held.save(held.state, {**owner, **on_tag(end)})
        found["ended"] = end.as_dict()
    _close(given, live)
    return {"changed": True, "ansible_facts": {"deepcat_settled": True}, "deepcat": found}


def _are_guarded(live: Mapping[str, Values]) -> bool:
    return any(each.get("guarded") for each in live.values())


def _close(given: Given, live: Mapping[str, Values]) -> None:
    """Let the run's own key count no more, nor any where nobody is asked for one."""
    held = given.held
    if _are_guarded(live):
        if given.keys is not None:
            guarding.forget_proof(held, given.keys, given.run)
    elif held.state.get("guarded"):
        guarding.take_away(held)
        held.save({**held.state, "guarded": False}, held.owner)


def _resources(given: Given, state: Values, live: Mapping[str, Values]) -> dict[str, Any]:
    host = address(given.held.cluster.own["login"], given.means)
    shown = given.keys.certificate if given.keys is not None and _are_guarded(live) else ""
    certificate = {"certificate": [fingerprint(shown)]} if shown else {}
    of_notebooks = notebooks.resources(given.held, state)
    return {
        **certificate,
        **of_notebooks,
        "machine": f"{given.cloud.name}/{host}/{state.get('id', '')}",
        "place": str(given.values["place"]),
        "programs": sorted(
            [
                *(each["workload"] for each in live.values()),
                *(j["program"] for j in jobs.live(state)),
                *of_notebooks["programs"],
            ]
        ),
        "models": sorted({model["name"] for each in live.values() for model in each["models"]}),
    }


def _kept(live: Mapping[str, Values]) -> frozenset[tuple[str, str]]:
    return frozenset((kind, name) for each in live.values() for kind, name in each["objects"])


def abandon(given: Given) -> Result:
    """Take away what did not prove itself; leave what ran before, or nothing."""
    held, failed = given.held, {"deepcat_failed": True}
    held.read()
    if held.state.get("run") != given.run:
        return {"changed": False, "ansible_facts": failed}
    live, before = held.state.get("live") or {}, jobs.abandoned(held.state)
    end = jobs.ended(held)
    told = {"ended": end.as_dict()} if end else {}
    if not live and not jobs.live(held.state) and not notebooks.live(held.state):
        delete(given, notebooks.found_before(held))
        return {"changed": True, "ansible_facts": failed, "deepcat": {"left": False, **told}}
    for node, each in live.items():  # what both share may have been changed
        lead(held, node, each)
        if rollout.ends_first(held.cluster.own):
            rollout.again(held, each)
    known = {"jobs": before} if before else {}
    if stay := notebooks.abandoned(held.state):
        known["notebooks"] = stay
    held.save({**held.state, "tried": {}, **known}, held.owner)
    held.prune(_kept(live) | jobs.kept(held.state) | notebooks.kept(held.state))
    _close(given, live)
    return {"changed": True, "ansible_facts": failed, "deepcat": {"left": True, **told}}


def require(given: Given) -> Result:
    """See that no newer run has taken over."""
    given.held.require(given.run)
    return {"changed": False}


def delete(given: Given, keep: frozenset[tuple[str, str]] = frozenset()) -> Result:
    """Take all down but what is named, and say so only once no pod is left."""
    held = given.held
    held.read()
    if not held.owner:
        notebooks.take_unnoted_away(held)
    existed = held.prune(keep) or bool(held.owner)
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
    notebooks.take_tokens_away(held)
    held.untag()
    return {"changed": existed}
