"""What a run leaves in the records: the intent before, the outcome after."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from waiting import until

from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.offers import Offer
from deepcat.errors import DeepcatError
from deepcat.plan.values import Action, Change, State, Status
from deepcat.records.audit import facts, running, words
from deepcat.records.journal import RecordJournal, after, message
from deepcat.records.lease import Holder
from deepcat.records.record import Record
from deepcat.records.store import Store
from deepcat.runs.values import Job, Outcome

Make = Callable[..., Record]
OFFER = Offer("local", "host", "local")


def _job(action: Action = Action.CREATE, before: State | None = None, renamed: str = "") -> Job:
    change = Change(action, "demo", "half-plus-two", "1.0.0", "serve", renamed_from=renamed)
    return Job(replace(change, offer=None if action is Action.DELETE else OFFER), None, before)


def test_a_life_in_the_records(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    journal = RecordJournal(store)
    state = make_record("demo", run="r1").state
    journal.begin(_job(), "r1", OFFER)
    begun = store.read("demo")
    assert begun is not None
    assert (begun.state.status, begun.intent["run"]) == (Status.PENDING, "r1")

    other = Holder("elsewhere", 1, "1")
    with pytest.raises(DeepcatError) as caught:
        RecordJournal(store, replace(other, machine=Holder.me().machine)).begin(_job(), "r2", OFFER)
    assert caught.value.code == "run/busy"

    samples = {"passed": 5, "failed": 0, "at": "now"}
    journal.finish(Outcome(_job(), state, True, samples, seconds=2.5, run="r1", price_hour=1.5))
    done = store.read("demo")
    assert done is not None
    assert done.state == state
    assert (done.intent, done.samples["passed"], done.price_hour) == ({}, 5, 1.5)
    assert done.created
    assert done.updated

    failure = Failure(FailureKind.MODULE, "run/sample", "wrong", cloud="local")
    again = _job(Action.REPLACE, state)
    journal.begin(again, "r2", OFFER)
    journal.finish(Outcome(again, state, False, failures=(failure,), run="r2"))
    failed = store.read("demo")
    assert failed is not None
    assert failed.state == state, "the previous version goes on"
    assert (failed.samples, failed.price_hour) == (done.samples, 1.5)
    assert failed.failures == ({**failure.as_dict(), "kind": "module"},)

    journal.begin(_job(Action.DELETE, state), "r3", None)
    journal.finish(Outcome(_job(Action.DELETE, state), None, True, run="r3"))
    assert store.read("demo") is None
    assert [entry.subject for entry in store.log("demo")] == [
        "demo: is gone after 0.0 s",
        "demo: begin to take half-plus-two down on local",
        "demo: could not replace half-plus-two 1.0.0: wrong",
        "demo: begin to replace half-plus-two 1.0.0 on local",
        "demo: half-plus-two 1.0.0 runs on local after 2.5 s",
        "demo: begin to create half-plus-two 1.0.0 on local",
    ]


def _beats(store: Store) -> int:
    record = store.read("demo")
    assert record is not None
    return int(record.intent["beat"])


def _hearts() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if each.name == "lease"}


def test_each_job_is_kept_while_it_lasts_also_the_one_after(repo: Path, make_record: Make) -> None:
    store, before = Store(repo), _hearts()
    journal = RecordJournal(store, lease_s=0.3)
    state = make_record("demo", run="r1").state
    for run, job in (("r1", _job()), ("r2", _job(Action.REPLACE, state))):
        journal.begin(job, run, OFFER)
        (heart,) = _hearts() - before
        until(lambda: _beats(store) > 0)
        journal.finish(Outcome(job, state, True, run=run))
        until(lambda heart=heart: not heart.is_alive())


def test_what_nobody_works_on_any_more_is_kept_no_longer(repo: Path) -> None:
    before = _hearts()
    journal = RecordJournal(Store(repo), lease_s=0.3)
    journal.begin(_job(), "r1", OFFER)
    (heart,) = _hearts() - before
    del journal
    gc.collect()
    until(lambda: not heart.is_alive())


def test_a_copy_that_is_taken_away_leaves_its_record_as_it_is(
    repo: Path, make_record: Make
) -> None:
    store, journal = Store(repo), RecordJournal(Store(repo))
    record = make_record("demo", run="r2")
    store.update("demo", lambda _: record, "it moved")
    older = replace(record.state, cloud="left", run="r1")
    job = replace(_job(Action.DELETE, older), is_copy=True)
    journal.begin(job, "r3", None)
    begun = store.read("demo")
    assert begun is not None
    assert begun.intent["run"] == "r3"
    journal.finish(Outcome(job, None, True, run="r3"))
    assert store.read("demo") == record
    assert store.log("demo")[0].subject.startswith("demo: its older copy on left/")
    for other in (replace(job, before=record.state), job):
        if other is job:
            store.update("demo", lambda _: None, "and it went")
        with pytest.raises(DeepcatError) as caught:
            journal.begin(other, "r4", None)
        assert caught.value.code == "run/moved"


def test_a_new_name_ends_the_old_ones_record(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    store.update("old", lambda _: make_record("old"), "old: begin")
    job = _job(Action.UPDATE, make_record("old").state, renamed="old")
    journal = RecordJournal(store)
    journal.begin(job, "r1", OFFER)
    journal.finish(Outcome(job, make_record("demo").state, True, run="r1"))
    assert set(store.read_all()) == {"demo"}


def test_a_message_has_facts_for_programs(make_record: Make) -> None:
    failure = Failure(FailureKind.CAPACITY, "run/port", "port 1\nis taken", cloud="local")
    job = _job()
    text = message(Outcome(job, None, False, failures=(failure,), seconds=1, run="r1"))
    first, _, rest = text.partition("\n")
    assert first == "demo: could not create half-plus-two 1.0.0: port 1 is taken"
    assert "Deepcat-Run: r1" in rest
    assert "Deepcat-Failure: local: capacity: run/port" in rest


def test_the_history_tells_who_wanted_it_and_what_it_cost(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    state = make_record("demo", run="r1", owner="ada", endpoints={"rest": "x"}).state
    past = (datetime.now(UTC) - timedelta(hours=10)).isoformat(timespec="seconds")
    store.update("demo", lambda _: Record(state, price_hour=1.5, updated=past), "it runs")
    journal = RecordJournal(store, by="grace \nDeepcat-Owner: mallory")
    journal.begin(_job(Action.REPLACE, state), "r2", OFFER)
    outcome = Outcome(_job(Action.REPLACE, state), state, True, seconds=2, run="r2", price_hour=0.5)
    journal.finish(outcome)
    journal.begin(_job(Action.DELETE, state), "r3", None)
    journal.finish(Outcome(_job(Action.DELETE, state), None, True, run="r3"))
    gone, _, replaced, _, _ = store.log("demo")
    found = facts(replaced.body)
    assert (found["by"], found["owner"]) == ("grace Deepcat-Owner: mallory", "ada")
    assert found["price_hour"] == "0.5"
    assert 10 <= float(str(found["ran_hours"])) < 11
    assert 15 <= float(str(found["cost"])) < 16.5
    assert f"cost {found['cost']} in {found['ran_hours']} h until then" in words(found)
    assert float(str(facts(gone.body).get("cost", 0))) < 1, "counted anew, at the new price"


@pytest.mark.parametrize("updated", ["", "yesterday", "2999-01-01T00:00:00+00:00", "2020-01-01"])
def test_a_clock_that_was_set_back_costs_nothing(make_record: Make, updated: str) -> None:
    state = make_record("demo", endpoints={"rest": "x"}).state
    now = "2026-01-01T00:00:00+00:00"
    assert running(Record(state, price_hour=9.0, updated=updated), now) == (0.0, 0.0)
    assert running(None, now) == (0.0, 0.0)


def test_nothing_known_and_nothing_left_is_no_record() -> None:
    assert after(None, Outcome(_job(Action.DELETE), None, True), "now") is None


LOG = "https://forge.example/ada/catalog/actions/runs/7"


def test_the_record_says_where_the_log_of_the_last_run_is(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    state = make_record("demo", run="r1").state
    journal = RecordJournal(store, log=LOG)
    journal.begin(_job(), "r1", OFFER)
    begun = store.read("demo")
    assert begun is not None
    assert begun.intent["log"] == LOG
    journal.finish(Outcome(_job(), state, True, run="r1"))
    done = store.read("demo")
    assert done is not None
    assert (done.log, done.intent) == (LOG, {})


@pytest.mark.parametrize("odd", ["javascript:alert(1)", "https://x/\n::error::", "https://x/<b>"])
def test_what_is_no_address_is_not_written_down(repo: Path, make_record: Make, odd: str) -> None:
    store = Store(repo)
    journal = RecordJournal(store, log=odd)
    journal.begin(_job(), "r1", OFFER)
    journal.finish(Outcome(_job(), make_record("demo").state, True, run="r1"))
    done = store.read("demo")
    assert done is not None
    assert done.log == ""


@pytest.mark.parametrize(
    ("planned", "found", "action", "renamed", "is_same"),
    [
        (None, None, Action.CREATE, "", True),
        (None, "r1", Action.CREATE, "", False),
        # One that was begun elsewhere and left, after this was planned.
        (None, "", Action.CREATE, "", False),
        ("r1", "r1", Action.UPDATE, "", True),
        ("r1", "r2", Action.UPDATE, "", False),
        ("r1", None, Action.REPLACE, "", False),
        ("r1", "r2", Action.DELETE, "", False),
        ("r1", "gone", Action.UPDATE, "", False),
        # What bears our tag and has no record, and what somebody took down meanwhile.
        ("r1", None, Action.DELETE, "", True),
        ("gone", "gone", Action.CREATE, "", True),
        # Under its new name it has no record, or one of an attempt that was cut off.
        ("r1", None, Action.UPDATE, "old", True),
        ("r1", "", Action.UPDATE, "old", True),
        ("r1", "r2", Action.UPDATE, "old", False),
    ],
)
def test_what_was_changed_since_the_plan_is_left_alone(
    repo: Path,
    make_record: Make,
    planned: str | None,
    found: str | None,
    action: Action,
    renamed: str,
    is_same: bool,
) -> None:
    def made(run: str | None) -> Record | None:
        status = {"gone": Status.GONE, "": Status.PENDING}.get(run or "", Status.RUNNING)
        return None if run is None else make_record("demo", run=run, status=status)

    store = Store(repo)
    store.update("demo", lambda _: made(found), "demo: as it is")
    before = made(planned)
    job = _job(action, before.state if before else None, renamed)
    if is_same:
        RecordJournal(store).begin(job, "r9", OFFER)
        begun = store.read("demo")
        assert begun is not None
        assert begun.intent["run"] == "r9"
        return
    with pytest.raises(DeepcatError) as caught:
        RecordJournal(store).begin(job, "r9", OFFER)
    assert caught.value.code == "run/moved"
    assert store.read("demo") == made(found), "nothing was written"


def test_why_it_was_passed_over_elsewhere_is_in_the_history(make_record: Make) -> None:
    full = Failure(FailureKind.CAPACITY, "run/port", "taken", cloud="far")
    barred = Failure(FailureKind.AUTH, "run/denied", "no", cloud="barred")
    state = make_record("demo").state
    outcome = Outcome(_job(), state, True, run="r1", passed=(full, barred))
    found = facts(message(outcome))
    assert found["failures"] == ["far: capacity: run/port", "barred: auth: run/denied"]
    assert "failed on far: capacity: run/port, failed on barred" in words(found)
    assert outcome.refused == (barred,)
