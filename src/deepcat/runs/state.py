"""What is known of a deployment once a change was carried out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.offers import Offer
from deepcat.host.private import is_public
from deepcat.plan import access
from deepcat.plan.digests import applied_nodes, plain, wish_digest
from deepcat.plan.lifetime import HALTED, ended
from deepcat.plan.values import PartState, State, Status, Wish
from deepcat.runs.fallback import taken
from deepcat.runs.values import Job

_APPLIED = ("module", "version", "profile")


def intended(job: Job, offer: Offer | None, run: str, commit: str, now: datetime) -> State:
    """The state that a change leads to, without what only the host can tell.

    Args:
        job: that brings something up.
        offer: where; None for where it is now.
        run: the run's id.
        commit: planned.
        now: UTC.
    """
    wish, before = job.wish, job.before
    assert wish is not None  # noqa: S101 - the caller's contract
    digest = wish_digest(wish.deployment)
    model = wish.module.model
    return State(
        name=job.name,
        module=wish.module.name,
        version=wish.module.version,
        module_digest=wish.module.digest,
        profile=wish.deployment.profile,
        inputs=plain(wish.topology.inputs),
        cloud=offer.cloud if offer else (before.cloud if before else ""),
        shape=offer.shape if offer else (before.shape if before else ""),
        status=Status.PENDING,
        wish_digest=digest,
        commit=commit,
        expires=_expires(wish, digest, before, now),
        owner=wish.deployment.owner,
        run=run,
        nodes=applied_nodes(wish.topology),
        model_sha256=model.sha256 if model else "",
        hosts=taken(job, offer)[0],
        placements=placements(job, offer),
        is_job=wish.is_job,
        module_commit=wish.commit,
        access=access.applied(wish.deployment),
        asked={} if wish.deployment.path else plain(wish.deployment.data),
    )


def placements(job: Job, offer: Offer | None) -> tuple[PartState, ...]:
    """The parts where they are tried; empty where all hosts are of one shape.

    Args:
        job: that brings something up.
        offer: where; None for where it is now.
    """
    if offer is None:
        return job.before.placements if job.before else ()
    return tuple(
        PartState(each.part, each.offer.shape, each.hosts, each.price_hour)
        for each in job.change.placed_on(offer)
    )


def _expires(wish: Wish, digest: str, before: State | None, now: datetime) -> str:
    lifetime = wish.deployment.lifetime_s
    if lifetime is None:
        return ""
    if before and before.expires and before.wish_digest == digest:
        return before.expires
    return (now + timedelta(seconds=lifetime)).astimezone(UTC).isoformat(timespec="seconds")


def running(state: State, found: Mapping[str, Any]) -> State:
    """The state with what the host told: it runs, or it is a job and has run to its end."""
    known = replace(
        state,
        status=Status.RUNNING,
        resources=dict(found.get("resources", {})),
        **_endpoints(found.get("endpoints", {}), found.get("private", ())),
    )
    return _with_end(known, found)


def _endpoints(told: Mapping[str, str], private: Iterable[str]) -> dict[str, Any]:
    """What everybody may know, and the names of the rest, whatever a host says is public."""
    public = {name: address for name, address in told.items() if is_public(str(address))}
    names = {*map(str, private), *(told.keys() - public.keys())}
    return {"endpoints": public, "private": tuple(sorted(names))}


def _with_end(state: State, found: Mapping[str, Any]) -> State:
    end = found.get("ended")
    if not state.is_job or not isinstance(end, Mapping):
        return state
    return ended(state, str(end["at"]), int(end["exit_status"]))


def ended_badly(state: State) -> Failure | None:
    """What is said of a training that has failed already when it is looked at first."""
    if state.status is not Status.FAILED or state.exit_status in (None, HALTED):
        return None
    message = f"the job ended with status {state.exit_status}"
    hint = f"`deepcat status {state.name}` says why, and what it said last"
    return Failure(FailureKind.MODULE, "run/job", message, hint, state.cloud)


def failed(job: Job, tried: State, found: Mapping[str, Any]) -> State:
    """What is known after a failure that was cleaned up: what was before, or a failed attempt.

    Args:
        job: that failed.
        tried: the state that it was to lead to.
        found: what the host told, such as a job's end: {"ended": {"at", "exit_status"}}.
    """
    before = job.before
    if before is not None and before.status is Status.RUNNING and not job.change.renamed_from:
        return before
    if "ended" in found and (end := _with_end(tried, found)).has_ended:
        return end
    return replace(tried, status=Status.FAILED, endpoints={}, private=(), resources={}, expires="")


def tag(state: State) -> dict[str, Any]:
    """The owner tag that a host keeps: the state as plain data."""
    data = {part.name: plain(getattr(state, part.name)) for part in fields(State)}
    return data | {"status": state.status.value}


def from_tag(data: Mapping[str, Any]) -> State:
    """The state in an owner tag.

    Raises:
        ValueError: it is none.
    """
    known = {part.name: data[part.name] for part in fields(State) if part.name in data}
    try:
        shown = _endpoints(known.get("endpoints") or {}, known.get("private") or ())
        parts = tuple(PartState(**part) for part in known.get("placements") or ())
        return State(**{**known, **shown, "placements": parts, "status": Status(data["status"])})
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"no owner tag: {error}") from None
