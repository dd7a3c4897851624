"""What is known of a deployment after a change: it runs, it ended, or it failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from deepcat.catalog.values import Deployment, Module, Placement
from deepcat.clouds.offers import Offer
from deepcat.plan.digests import wish_digest
from deepcat.plan.values import Action, Change, PartState, Placed, State, Status, Wish
from deepcat.runs.fallback import taken
from deepcat.runs.state import failed, from_tag, intended, placements, running, tag
from deepcat.runs.values import Job
from deepcat.tosca.topology import Topology

TRIED = State(
    "demo", "digits", "1.0.0", "digest", "train", {}, "local", "host", Status.PENDING, "wish", "c",
    expires="2026-03-02T00:00:00+00:00", run="r1", is_job=True,
)  # fmt: skip
OFFERS = (("a", "gpu", 2.0), ("a", "cpu", 0.1), ("b", "far", 3.0))
AT = "2026-03-01T10:00:00+00:00"
JOB = Job(Change(Action.CREATE, "demo", "digits", "1.0.0", "train"))


def end(status: int) -> dict[str, Any]:
    return {"ended": {"at": AT, "exit_status": status}, "resources": {"place": "/p"}}


@pytest.mark.parametrize(("exit_status", "status"), [(0, Status.ENDED), (3, Status.FAILED)])
def test_a_job_ends_with_a_status(exit_status: int, status: Status) -> None:
    state = running(TRIED, end(exit_status))
    assert (state.status, state.ended, state.exit_status) == (status, AT, exit_status)
    assert state.has_ended
    assert (state.expires, state.resources) == ("", {"place": "/p"})
    assert from_tag(tag(state)) == state


def test_what_was_started_runs() -> None:
    state = running(TRIED, {"resources": {"place": "/p"}})
    assert (state.status, state.exit_status, state.expires) == (Status.RUNNING, None, TRIED.expires)


def test_a_service_does_not_end_whatever_its_host_says() -> None:
    state = running(replace(TRIED, is_job=False), end(0))
    assert (state.status, state.exit_status) == (Status.RUNNING, None)


def test_a_job_that_failed_keeps_its_status_and_one_that_was_lost_has_none() -> None:
    assert failed(JOB, TRIED, end(137)).exit_status == 137
    lost = failed(JOB, TRIED, {})
    assert (lost.status, lost.exit_status, lost.has_ended) == (Status.FAILED, None, False)


def test_under_a_new_name_nothing_ran_before() -> None:
    before = replace(TRIED, name="old", status=Status.RUNNING, run="r0")
    renamed = replace(JOB, change=replace(JOB.change, renamed_from="old"), before=before)
    state = failed(renamed, TRIED, {})
    assert (state.name, state.status, state.run) == ("demo", Status.FAILED, "r1")


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER, SOON = "2026-03-02T12:00:00+00:00", "2026-03-01T13:00:00+00:00"


def wish(lifetime_s: int | None, **data: Any) -> Wish:
    deployment = Deployment(
        "demo", "d", "digits", "", "train", {}, None, Placement(), lifetime_s, "ada", data
    )
    module = Module("digits", "1.0.0", "modules/digits", {}, "d", "t.yaml", None, ())
    return Wish(deployment, module, Topology("t", "1.3", "", {}, {}, (), {}), ())


@pytest.mark.parametrize(
    ("lifetime_s", "data", "before", "expires"),
    [
        (None, {}, None, ""),
        (86_400, {}, None, LATER),
        (86_400, {}, TRIED, LATER),
        # The same wish again does not begin its lifetime anew; another one does.
        (86_400, {"a": 1}, replace(TRIED, expires=SOON), SOON),
        (86_400, {"a": 2}, replace(TRIED, expires=SOON), LATER),
        (86_400, {"a": 1}, replace(TRIED, expires=""), LATER),
        (None, {"a": 1}, replace(TRIED, expires=SOON), ""),
    ],
)
def test_a_lifetime_begins_with_its_wish(
    lifetime_s: int | None, data: dict[str, Any], before: State | None, expires: str
) -> None:
    if before is not None:
        before = replace(before, wish_digest=wish_digest(wish(1, a=1).deployment))
    job = replace(JOB, wish=wish(lifetime_s, **data), before=before)
    assert intended(job, Offer("near", "host", "local"), "r2", "c" * 40, NOW).expires == expires


def test_what_ran_before_goes_on() -> None:
    before = replace(TRIED, status=Status.RUNNING, run="r0")
    assert failed(replace(JOB, before=before), TRIED, end(3)) == before
    over = replace(before, status=Status.ENDED, exit_status=0)
    assert failed(replace(JOB, before=over), TRIED, end(3)).exit_status == 3


def test_a_host_that_calls_a_key_public_is_not_believed() -> None:
    told = {"rest": "http://h:1", "lab": "http://h:2/?token=x"}
    state = running(TRIED, {"endpoints": told, "private": ["notebook"]})
    assert dict(state.endpoints) == {"rest": "http://h:1"}
    assert state.private == ("lab", "notebook")
    assert from_tag(tag(state)) == state
    spoilt = from_tag(tag(state) | {"endpoints": told})
    assert dict(spoilt.endpoints) == {"rest": "http://h:1"}
    with pytest.raises(ValueError, match="owner tag"):
        from_tag(tag(state) | {"endpoints": ["x"]})


def test_parts_are_recorded_where_they_were_tried() -> None:
    gpu, cpu, far = (Offer(c, s, "ssh", price=p) for c, s, p in OFFERS)
    placed = (Placed("big", gpu, 1), Placed("little", cpu, 2))
    change = replace(
        JOB.change,
        offer=gpu,
        hosts=3,
        price_hour=2.2,
        placements=placed,
        fallbacks=(far,),
        alternatives={"b/far": (Placed("big", far, 1), Placed("little", far, 2))},
    )
    job = replace(JOB, change=change)
    assert placements(job, gpu) == (
        PartState("big", "gpu", 1, 2.0),
        PartState("little", "cpu", 2, 0.2),
    )
    assert [part.shape for part in placements(job, far)] == ["far", "far"]
    assert (taken(job, gpu), taken(job, far)) == ((3, 2.2), (3, 9.0))
    state = replace(TRIED, placements=placements(job, gpu))
    assert from_tag(tag(state)) == state
    before = replace(job, before=state)
    assert placements(before, None) == state.placements, "what is updated stays where it is"
