"""A training's record: what a host tells, kept on the ref beside the records of deployments."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.errors import DeepcatError
from deepcat.records.curves import curves_from, curves_of, curves_text
from deepcat.records.layout import TRAININGS
from deepcat.records.store import REF, Store
from deepcat.records.told_trainings import is_due, late, told
from deepcat.records.trainings import (
    Training,
    best,
    from_text,
    times_lost,
    times_starved,
    to_text,
)
from deepcat.records.verify import verify_trainings

Make = Callable[..., Any]
ID = "4f2a00000001"
NOW = "2026-11-30T08:00:00+00:00"
BEGAN = "2026-11-30T07:59:00+00:00"


def training(**given: Any) -> Training:
    return Training(ID, "learn", module="digits", version="1.0.0", price_hour=3.6, **given)


def gathered(**given: Any) -> dict[str, Any]:
    return {
        "node": "training",
        "training": ID,
        "state": "running",
        "attempt": 1,
        "began": BEGAN,
        "ended": "",
        "exit_status": None,
        "progress": 0.4,
        "message": "",
        "expected_end": "",
        "metrics": {"loss": {"last": 0.3, "points": [[1, 0.5, 0.9], [2, 1.0, 0.3]]}},
        "checkpoint": {"name": "12", "at": NOW},
        "peak_MB": 812,
        "seconds": 60.0,
        "failure": None,
        "hardware": {"cpu": "a", "cores": 2},
        "output": [],
    } | given


def test_what_a_host_tells_is_kept_and_read_again() -> None:
    found = told(training(), gathered(), NOW)
    assert (found.state, found.metrics, found.checkpoint["name"]) == (
        "running",
        {"loss": 0.3},
        "12",
    )
    assert found.expected_end == "2026-11-30T08:01:30+00:00"
    assert found.cost == pytest.approx(0.06)
    assert from_text(to_text(found), ID) == found
    assert told(found, gathered(), "2026-11-30T08:00:00+00:00") == found


def test_an_attempt_is_known_by_when_it_began() -> None:
    first = told(training(), gathered(), NOW)
    again = told(first, gathered(began=NOW, attempt=2, seconds=90.0), NOW)
    assert [each["seconds"] for each in again.attempts] == [60.0, 30.0]
    assert (again.attempt, again.seconds) == (2, 90.0)
    assert again.cost == pytest.approx(0.09)
    assert told(again, gathered(began=NOW, seconds=91.0), NOW).attempt == 2
    moved = told(replace(first, cloud="b"), gathered(began=NOW, seconds=30.0), NOW)
    assert (moved.attempt, moved.seconds) == (2, 90.0), "another host remembers none before"


def test_a_checkpoint_that_was_promised_and_did_not_come_is_told() -> None:
    found = told(training(), gathered(checkpoint={"name": "12", "at": BEGAN, "due": NOW}), NOW)
    assert not late(found, NOW)
    assert f"no checkpoint since {BEGAN}" in late(found, "2026-11-30T08:00:01+00:00")
    assert not late(replace(found, state="ended"), "2026-11-30T08:00:01+00:00")


def test_it_is_counted_how_often_in_a_row_its_place_was_taken_away() -> None:
    lost = [{"state": "lost", "run": "r1"}, {"state": "running", "run": "r2"}]
    assert times_lost(training()) == 0
    assert times_lost(training(attempts=(*lost,))) == 2
    assert times_lost(training(attempts=(*lost, lost[-1]))) == 2, "a queue's next job"
    for own in ("ended", "failed", "stopped"):
        assert times_lost(training(attempts=(*lost, {"state": own, "run": "r3"}, lost[0]))) == 1


def test_it_is_counted_how_often_in_a_row_it_ended_for_want_of_memory_alone() -> None:
    own = {"state": "failed", "code": "job/out-of-memory"}
    starved = training(
        state="failed", failure={"code": own["code"]}, attempts=({"state": "lost"}, own, own)
    )
    assert times_starved(starved) == 2
    assert times_starved(replace(starved, attempts=())) == 1
    assert times_starved(replace(starved, exit_status=137)) == 0, "it has an end of its own"
    assert times_starved(replace(starved, state="running")) == 0
    assert times_starved(replace(starved, failure={"code": "job/host-lost"})) == 0


def test_what_somebody_stopped_is_not_lost() -> None:
    stopped = training(state="stopped")
    assert told(stopped, gathered(state="lost"), NOW).state == "stopped"
    assert told(training(), gathered(state="lost"), NOW).state == "lost"
    halted = gathered(state="failed", stopped="halted", exit_status=124)
    assert told(training(), halted, NOW).state == "stopped"


@pytest.mark.parametrize(
    "given",
    [
        {"metrics": {"a\x1b[31m\n" + "x" * 99: {"last": float("nan"), "points": [[1, 2]]}}},
        {"metrics": {"<script>": {"last": "1"}, "__proto__": None}},
        {"progress": float("inf"), "seconds": "9", "began": "yesterday", "attempt": True},
        {
            "message": "\x1b]0;x\x07\u202e",
            "failure": {"code": "job/\n", "detail": "a\n\x1b\u202e\n", "more": 1},
        },
        {"output": [{"path": "../../x\n", "bytes": "1"}, 3], "hardware": {"cpu": "\x00"}},
        {"state": "../../etc", "checkpoint": "12", "expected_end": "2026-01-01T00:00:00"},
        {"metrics": [], "output": {}, "hardware": [], "failure": []},
    ],
)
def test_what_is_hostile_stays_a_record(given: dict[str, Any]) -> None:
    found = told(training(), gathered(**given), NOW)
    text = to_text(found)
    assert from_text(text, ID) == found
    assert "\x1b" not in text
    curves_from(curves_text(ID, curves_of(gathered(**given))))


def test_only_progress_waits_for_the_next_minute() -> None:
    before = told(training(), gathered(), NOW)
    soon = told(before, gathered(progress=0.5), "2026-11-30T08:00:30+00:00")
    assert is_due(None, before)
    assert not is_due(before, before)
    assert not is_due(before, soon)
    assert is_due(before, replace(soon, updated="2026-11-30T08:01:00+00:00"))
    assert is_due(before, told(before, gathered(state="ended", exit_status=0), NOW))
    assert is_due(before, told(before, gathered(checkpoint={"name": "13", "at": NOW}), NOW))


def test_curves_are_bounded_and_keep_their_last_point() -> None:
    points = [[step, step / 10, 1 / (step + 1)] for step in range(200)]
    many = {f"metric{number}": points for number in range(50)}
    text = curves_text(ID, curves_of({"metrics": {n: {"points": p} for n, p in many.items()}}))
    assert len(text.encode()) <= 20_000
    assert curves_from(text)["metric0"][-1][0] == 199
    assert curves_from("[") == curves_from('{"metrics": 3}') == {}


def test_the_best_is_chosen_by_its_direction() -> None:
    some = [training(state="ended", metrics={"loss": each}) for each in (0.3, 0.1, 0.2)]
    lost = training(state="failed", metrics={"loss": 0.01})
    assert best([*some, lost], "loss", higher=False) is some[1]
    assert best([*some, lost], "loss", higher=True) is some[0]
    assert best(some, "accuracy", higher=True) is None


def test_the_store_holds_trainings_beside_records(
    repo: Path, make_record: Callable[..., Any]
) -> None:
    store = Store(repo)
    assert store.read_trainings() == {}
    found = told(training(), gathered(), NOW)
    store.put_training(found, "learn: training begun", curves_of(gathered()))
    assert store.read_trainings() == {ID: found}
    assert store.read_curves(ID)["loss"] == [[1, 0.5, 0.9], [2, 1.0, 0.3]]
    assert store.read_curves("0" * 12) == {}
    assert store.read_all() == {}  # a ref of trainings alone is ours, too
    store.update("learn", lambda _: make_record("learn"), "learn: begin")
    store.update("learn", lambda _: None, "learn: gone")
    assert store.read_trainings() == {ID: found}
    before = len(store.log())
    store.put_training(found, "again", curves_of(gathered()))
    assert len(store.log()) == before
    changed = store.update_training(ID, lambda now: now and replace(now, proposal={"at": 1}), "p")
    assert changed is not None
    assert store.read_trainings()[ID].proposal == {"at": 1}
    assert store.read_curves(ID)["loss"]
    assert not verify_trainings(store.read_texts(TRAININGS))
    with pytest.raises(DeepcatError, match="cannot be a training's id"):
        store.put_training(replace(found, training="../../x"), "hostile")


def test_a_damaged_one_is_said(repo: Path) -> None:
    wrong = {
        f"trainings/4f/{ID}.yaml": "format: deepcat-training/v1\ntraining: 0\n",
        "trainings/x.yaml": "",
        f"trainings/4f/{ID}.curves.json": "[",
    }
    assert [each.code for each in verify_trainings(wrong)] == ["records/damaged", "records/stray"]
    for data in ({"format": "deepcat-training/v9"}, {"deployment": "../x"}, {"seconds": -1}):
        text = json.dumps(
            {"format": "deepcat-training/v1", "training": ID, "deployment": "a"} | data
        )
        with pytest.raises(DeepcatError, match="cannot be read"):
            from_text(text, ID)


def test_clones_bring_their_trainings_together(
    shared: Any, make_record: Callable[..., Any]
) -> None:
    one, two = shared.clone("one"), shared.clone("two")
    Store(one, remote="origin").update("a", lambda _: make_record("a"), "a: begin")
    alone = Store(two)
    alone.put_training(training(), "learn: training begun", {"loss": [[1, 1.0, 1.0]]})
    both = Store(two, remote="origin")
    both.update("b", lambda _: make_record("b"), "b: begin")
    seen = Store(one, remote="origin")
    assert set(seen.read_all()) == {"a", "b"}
    assert set(seen.read_trainings()) == {ID}
    assert seen.read_curves(ID)
    names = subprocess.run(
        ["git", "-C", shared.remote, "ls-tree", "-r", "--name-only", REF],
        check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    assert f"trainings/4f/{ID}.yaml" in names
