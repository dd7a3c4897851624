"""A job ends on its host while nobody looks; the next look writes it down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deepcat.host.machine import machine
from deepcat.host.place import Place
from deepcat.loop.ends import record_ends
from deepcat.loop.observed import observed
from deepcat.plan.values import State, Status
from deepcat.records.audit import facts
from deepcat.records.record import Record
from deepcat.records.store import Store
from deepcat.runs.state import tag

# The kind of cloud asks its supervisor what runs.
pytestmark = pytest.mark.starts("a supervisor's socket")

BEGAN, OVER = "2026-03-01T10:00:00+00:00", "2026-03-01T12:00:00+00:00"
JOB = State(
    "job", "digits", "1.0.0", "digest", "train", {}, "local", "host", Status.RUNNING, "wish", "c",
    resources={"machine": machine(), "programs": ["job~train"]}, run="r1", is_job=True,
)  # fmt: skip
LOST = replace(JOB, name="lost")
ENDED = replace(JOB, status=Status.ENDED, ended=OVER, exit_status=0)


def world(root: Path) -> Store:
    """Two jobs are recorded as running; of one the host tells that it ended."""
    store = Store(root)
    for state in (JOB, LOST):
        record = Record(state, price_hour=1.5, created=BEGAN, updated=BEGAN)
        store.update(state.name, lambda _, record=record: record, f"{state.name}: runs")
    Place(root / ".deepcat/local/job").tag(tag(ENDED))
    Place(root / ".deepcat/local/lost").tag(tag(LOST))
    return store


def test_what_ended_is_written_down_once(
    git_tree_at: Callable[[dict[str, str]], Path],
) -> None:
    root = git_tree_at({"deepcat.yaml": "apiVersion: deepcat/v1\n"})
    store = world(root)
    seen = observed(root, store.read_all())
    assert seen["job"].state.has_ended
    assert seen["lost"].state.status is Status.FAILED, "nothing of it runs, and it told no end"

    found = record_ends(root, store, store.read_all())
    assert set(found) == {"job"}
    record = store.read("job")
    assert record is not None
    assert (record.state.status, record.state.exit_status) == (Status.ENDED, 0)
    assert record.updated == record.state.ended == OVER
    entry = store.log("job")[0]
    assert entry.subject == "job: digits 1.0.0 ended with status 0 on local"
    assert (facts(entry.body)["ran_hours"], facts(entry.body)["cost"]) == ("2.00", "3.00")
    assert record_ends(root, store, store.read_all()) == {}


def test_what_another_run_wrote_meanwhile_counts(
    git_tree_at: Callable[[dict[str, str]], Path],
) -> None:
    root = git_tree_at({"deepcat.yaml": "apiVersion: deepcat/v1\n"})
    store = world(root)
    before = store.read_all()
    again = replace(before["job"], state=replace(JOB, status=Status.PENDING, run="r2"))
    store.update("job", lambda _: again, "job: begin to replace")
    record_ends(root, store, before)
    record = store.read("job")
    assert record is not None
    assert record.state.run == "r2"
    assert record.state.status is Status.PENDING
