"""Which machines nobody needs now, and what is known of a deployment once one is put aside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deepcat.catalog.values import Cloud
from deepcat.loop.observed import as_seen
from deepcat.loop.resting import due, is_abandoned, put_aside, rest
from deepcat.loop.unsaved import _leaves as leaves
from deepcat.plan.values import State, Status
from deepcat.records.history import cost, instant, noted
from deepcat.records.journal import after
from deepcat.records.lease import Holder
from deepcat.records.record import Record, from_text, to_text
from deepcat.records.store import Store
from deepcat.records.trainings import Training
from deepcat.runs.aside import with_machine
from deepcat.runs.values import Aside, Outcome

BEGAN, ASIDE, LATER = (f"2026-03-01T{hour}:00:00+00:00" for hour in ("10", "12", "20"))
DESK = State(
    "desk", "digits", "1.0.0", "digest", "develop", {}, "lab", "small", Status.RUNNING, "wish", "c",
    endpoints={"notebook": "http://127.0.0.1:1"}, resources={"work": "there"}, run="r1",
)  # fmt: skip
JOB = replace(
    DESK, name="job", profile="train", is_job=True, status=Status.ENDED, ended=BEGAN, exit_status=0,
    endpoints={}, resources={"programs": ["job~train"]},
)  # fmt: skip
MADE = Training("0" * 12, "job", run="r1", state="ended", exit_status=0)


def of(state: State, *trainings: Training, runs: bool = False) -> Aside | None:
    return due(Record(state), {str(n): each for n, each in enumerate(trainings)}, lambda: runs)


def test_a_notebook_that_stopped_is_put_aside_and_one_that_is_used_is_not() -> None:
    assert of(DESK) is Aside.STOPPED
    assert of(DESK, runs=True) is None
    assert of(with_machine(DESK, Aside.STOPPED)) is None
    assert of(replace(DESK, resources={"programs": ["desk~serve"]})) is None
    assert due(Record(DESK, intent={"run": "r2"}), {}, lambda: False) is None


@pytest.mark.parametrize(
    ("trainings", "aside"),
    [
        ((), Aside.STOPPED),
        ((MADE,), Aside.STOPPED),
        ((replace(MADE, state="running"),), None),
        ((replace(MADE, proposal={"state": "held"}),), Aside.STOPPED),
        ((replace(MADE, proposal={"state": "proposed"}),), Aside.GONE),
        ((replace(MADE, ended=LATER, proposal={"state": "merged", "ended": LATER}),), Aside.GONE),
        (
            (replace(MADE, ended=LATER, proposal={"state": "merged", "ended": BEGAN}),),
            Aside.STOPPED,
        ),
        ((replace(MADE, proposal={"state": "merged"}), MADE), Aside.STOPPED),
        ((replace(MADE, run="r0", proposal={"state": "merged"}),), Aside.STOPPED),
    ],
    ids=[
        "job",
        "ended",
        "untold",
        "held",
        "proposed",
        "this-end",
        "an-earlier-end",
        "one-of-two",
        "of-another-run",
    ],
)
def test_the_machine_of_a_job_that_ended(
    trainings: tuple[Training, ...], aside: Aside | None
) -> None:
    assert of(JOB, *trainings) is aside


def test_it_goes_once_from_aside_and_is_not_put_aside_twice() -> None:
    rests = with_machine(JOB, Aside.STOPPED)
    assert of(rests, MADE) is None
    assert of(rests, replace(MADE, proposal={"state": "merged"})) is Aside.GONE
    gone = with_machine(rests, Aside.GONE)
    assert of(gone, replace(MADE, proposal={"state": "merged"})) is None
    assert (gone.status, gone.resources) == (Status.ENDED, {"aside": "gone"})


def test_who_was_killed_while_it_was_put_aside_begins_no_job_again() -> None:
    begun = Record(JOB, intent={"run": "r2", "aside": "gone"})
    assert as_seen({"job": begun}, ())["job"].state.status is Status.ENDED
    assert due(begun, {}, lambda: False) is Aside.STOPPED
    other = replace(begun, intent={"run": "r2"})
    assert as_seen({"job": other}, ())["job"].state.status is Status.PENDING
    assert due(other, {}, lambda: False) is None


def test_work_is_at_stake_where_a_machine_goes_and_not_where_it_is_put_aside() -> None:
    lab = Cloud("lab", "clouds/lab.yaml", "openstack", {})
    assert not leaves(lab, put_aside(DESK, Aside.STOPPED), DESK)
    assert leaves(lab, put_aside(DESK, Aside.GONE), DESK)


def test_its_price_stops_with_it_and_is_known_for_when_it_goes_on() -> None:
    runs = noted(None, Record(DESK, price_hour=2.0, created=BEGAN, updated=BEGAN), BEGAN)
    stopped = with_machine(DESK, Aside.STOPPED)
    assert (stopped.status, stopped.endpoints) == (Status.STOPPED, {})
    record = after(runs, Outcome(put_aside(DESK, Aside.STOPPED), stopped, ok=True), ASIDE)
    assert record is not None
    record = noted(runs, record, ASIDE)
    until = instant(LATER)
    assert until is not None
    assert (cost(record, until), record.price_hour) == (4.0, 2.0)
    assert from_text(to_text(record), "desk.yaml").state.status is Status.STOPPED


def test_on_clouds_that_make_no_machines_nothing_is_asked(
    git_tree_at: Callable[[dict[str, str]], Path],
) -> None:
    cloud = "apiVersion: deepcat/v1\nname: lab\nkind: local\nsummary: Here.\n"
    root = git_tree_at({"deepcat.yaml": "apiVersion: deepcat/v1\n", "clouds/lab.yaml": cloud})
    store = Store(root)
    for state in (DESK, JOB):
        store.update(state.name, lambda _, state=state: Record(state), "it runs")
    assert rest(root, store) == ()


@pytest.mark.parametrize(
    ("holder", "minutes", "abandoned"),
    [
        (str(Holder.me()), 500, False),
        (str(replace(Holder.me(), start="1")), 0, True),
        ("elsewhere:1:2", 30, False),
        ("elsewhere:1:2", 61, True),
        ("", 10, False),
        ("used", 16, True),
    ],
    ids=["who-lives", "who-was-killed", "elsewhere", "elsewhere-for-long", "waking", "nobody"],
)
def test_who_looks_at_what_lies_on_a_machine(holder: str, minutes: int, abandoned: bool) -> None:
    since = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()
    assert is_abandoned(holder, since) is abandoned
    assert not is_abandoned("", "no time at all")
