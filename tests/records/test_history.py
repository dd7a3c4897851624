"""A deployment's history in its record: what is noted, what it cost, how long it ran."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcat.plan.values import State, Status
from deepcat.records.history import KEPT, cost, instant, noted, spans, uptime
from deepcat.records.record import Moment, Record, from_text, to_text
from deepcat.records.store import Store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(hours: float) -> str:
    return (NOON + timedelta(hours=hours)).isoformat()


def record(status: Status, hours: float, price: float = 0.0) -> Record:
    state = State(
        name="demo",
        module="half-plus-two",
        version="1.0.0",
        module_digest="",
        profile="serve",
        inputs={},
        cloud="institute",
        shape="box",
        status=status,
        wish_digest="",
        commit="",
    )
    return Record(state, created=at(0), updated=at(hours), price_hour=price)


def lived(*steps: tuple[Status, float, float]) -> Record:
    """A record that went through statuses, each at an hour and with a price."""
    found: Record | None = None
    for status, hours, price in steps:
        found = noted(found, record(status, hours, price), "1970-01-01T00:00:00+00:00")
    assert found is not None
    return found


def test_what_changes_is_noted_with_its_time() -> None:
    found = lived((Status.PENDING, 0, 0), (Status.RUNNING, 1, 2), (Status.RUNNING, 3, 2))
    assert found.history == (Moment(at(0), "pending"), Moment(at(1), "running", 2))
    moved = lived((Status.RUNNING, 0, 2), (Status.RUNNING, 5, 3))
    assert [moment.price_hour for moment in moved.history] == [2, 3]


def test_a_change_without_a_time_of_its_own_is_of_now() -> None:
    before = lived((Status.RUNNING, 0, 1))
    after = replace(before, state=replace(before.state, status=Status.FAILED))
    assert noted(before, after, at(7)).history[-1] == Moment(at(7), "failed", 1)


def test_what_is_there_goes_on_whatever_a_writer_says() -> None:
    before = lived((Status.PENDING, 0, 0), (Status.RUNNING, 1, 2))
    assert noted(before, record(Status.FAILED, 9, 2), "").history[:2] == before.history


def test_cost_is_paid_while_it_runs() -> None:
    found = lived(
        (Status.PENDING, 0, 0),
        (Status.RUNNING, 1, 2),
        (Status.FAILED, 4, 2),
        (Status.RUNNING, 6, 5),
        (Status.GONE, 8, 5),
    )
    assert cost(found, NOON + timedelta(hours=2)) >= 0
    assert cost(found, NOON + timedelta(hours=100)) == 3 * 2 + 2 * 5
    assert [span.hours for span in spans(found, NOON + timedelta(hours=9))] == [1, 3, 2, 2, 1]


def test_uptime_is_of_the_time_in_which_it_should_run() -> None:
    found = spans(
        lived((Status.RUNNING, 0, 0), (Status.FAILED, 3, 0), (Status.GONE, 4, 0)),
        NOON + timedelta(hours=50),
    )
    assert uptime(found, NOON, NOON + timedelta(hours=50)) == 0.75
    assert uptime(found, NOON + timedelta(hours=3), NOON + timedelta(hours=50)) == 0
    assert uptime(found, NOON + timedelta(hours=5), NOON + timedelta(hours=50)) is None
    assert uptime((), NOON, NOON) is None


def test_what_is_being_brought_up_is_not_down() -> None:
    young = spans(lived((Status.PENDING, 0, 0), (Status.RUNNING, 5, 0)), NOON + timedelta(hours=6))
    assert uptime(young, NOON, NOON + timedelta(hours=6)) == 1
    assert uptime(young, NOON, NOON + timedelta(hours=4)) is None


def job(status: Status, hours: float, price: float, exit_status: int | None = None) -> Record:
    plain = record(status, hours, price)
    over = at(hours) if exit_status is not None else ""
    state = replace(plain.state, is_job=True, ended=over, exit_status=exit_status)
    return replace(plain, state=state)


@pytest.mark.parametrize(("status", "exit_status"), [(Status.ENDED, 0), (Status.FAILED, 3)])
def test_a_job_counts_only_while_it_ran(status: Status, exit_status: int) -> None:
    runs = noted(None, job(Status.RUNNING, 0, 2), "")
    over = noted(runs, replace(job(status, 4, 2, exit_status), updated=at(9)), at(9))
    assert over.history[-1] == Moment(at(4), status.value, 2), "when it ended, not when it was seen"
    later = NOON + timedelta(hours=50)
    assert cost(over, later) == 8
    assert uptime(spans(over, later), NOON, later) == 1, "what failed by itself is no outage"
    gone = replace(over, state=replace(over.state, status=Status.GONE), updated=at(20))
    assert noted(over, gone, at(20)).history[-1].at == at(20)


def test_a_job_that_nobody_saw_run_took_its_host_from_the_begin() -> None:
    begun = noted(None, job(Status.PENDING, 1, 0), "")
    over = noted(begun, job(Status.ENDED, 3, 2, 0), "")
    assert cost(over, NOON + timedelta(hours=9)) == 4


def test_a_job_keeps_its_end_as_text() -> None:
    over = job(Status.ENDED, 4, 2, 0)
    text = to_text(over)
    assert "exit_status: 0\n" in text
    assert from_text(text, "demo").state == over.state
    old = to_text(record(Status.RUNNING, 1))
    assert not {"is_job", "ended", "exit_status"} & {line.partition(":")[0] for line in old.split()}
    assert from_text(old, "demo").state.exit_status is None


def test_a_record_without_a_history_has_been_as_it_is() -> None:
    old = record(Status.RUNNING, 2, 3)
    assert cost(old, NOON + timedelta(hours=4)) == 6
    assert spans(replace(old, created="", updated=""), NOON) == ()
    assert spans(replace(old, created="yesterday", updated=""), NOON) == ()


STEPS = st.lists(
    st.tuples(st.sampled_from(Status), st.floats(0, 500), st.floats(0, 10)),
    min_size=1,
    max_size=200,
    # Of two changes at one instant, the record itself tells no time for the second.
    unique_by=lambda step: step[1],
)


@given(STEPS)
def test_what_is_dropped_keeps_its_cost(steps: list[tuple[Status, float, float]]) -> None:
    steps = sorted(steps, key=lambda step: step[1])
    found = lived(*steps)
    until = NOON + timedelta(hours=501)
    hours = [*[hour for _, hour, _ in steps[1:]], 501]
    paid = sum(
        price * (end - begin)
        for (status, begin, price), end in zip(steps, hours, strict=True)
        if status is Status.RUNNING
    )
    assert len(found.history) <= KEPT
    assert cost(found, until) == pytest.approx(paid, abs=1e-4)
    there = spans(found, until)
    assert all(span.start <= span.end for span in there)
    assert all(a.end == b.start for a, b in pairwise(there))


def test_what_was_dropped_long_ago_is_still_paid_for() -> None:
    """Hour by hour it runs and fails in turn: every second hour costs 2, however many there are."""
    turns = ((Status.RUNNING, 2.0), (Status.FAILED, 0.0))
    steps = [(*turns[hour % 2], hour) for hour in range(3 * KEPT)]
    found = lived(*((status, hour, price) for status, price, hour in steps))
    assert len(found.history) == KEPT
    assert found.spent == pytest.approx(2.0 * KEPT)
    assert cost(found, NOON + timedelta(hours=3 * KEPT)) == pytest.approx(2.0 * 3 * KEPT / 2)


@given(STEPS)
def test_a_clock_that_goes_back_makes_no_negative_time(
    steps: list[tuple[Status, float, float]],
) -> None:
    found = lived(*steps)
    assert all(span.hours >= 0 for span in spans(found, NOON))
    assert cost(found, NOON) >= 0


@given(STEPS)
def test_a_record_keeps_its_history_as_text(steps: list[tuple[Status, float, float]]) -> None:
    found = lived(*steps)
    again = from_text(to_text(found), "demo")
    assert (again.history, again.spent) == (found.history, found.spent)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-01-01T25:00"])
def test_what_is_no_instant(text: str) -> None:
    assert instant(text) is None


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2026-03-01T12:00", 12), ("2026-03-01T12:00Z", 12), ("2026-03-01T12:00+02:00", 10)],
)
def test_an_instant_without_a_zone_is_utc(text: str, hour: int) -> None:
    assert instant(text) == datetime(2026, 3, 1, hour, tzinfo=UTC)


def test_the_store_notes_and_tells_what_happened(
    git_tree_at: Callable[[dict[str, str]], Path],
) -> None:
    root = git_tree_at({"deepcat.yaml": "apiVersion: deepcat/v1\n"})
    store = Store(root)
    pending, running = record(Status.PENDING, 0), record(Status.RUNNING, 1, 2)
    store.update("demo", lambda _: pending, "demo: begin to create")
    store.update("demo", lambda _: running, "demo: runs")
    store.update(
        "other",
        lambda _: replace(pending, state=replace(pending.state, name="other")),
        "other: begin",
    )
    same = store.update("demo", lambda found: found, "demo: nothing")
    found = store.read("demo")
    assert found == same == running
    assert found is not None
    assert [moment.status for moment in found.history] == ["pending", "running"]
    recent = store.recent()
    assert [entry.subject for entry in recent["demo"]] == ["demo: runs", "demo: begin to create"]
    assert recent["demo"] == store.log("demo")
    assert {name: len(entries) for name, entries in store.recent(limit=1).items()} == {
        "demo": 1,
        "other": 1,
    }
    assert store.recent(commits=1).keys() == {"other"}
    subprocess.run(["git", "-C", str(root), "update-ref", "-d", "refs/heads/records"], check=True)
    assert Store(root).recent() == {}
