"""How far a sweep is follows from records and trainings; what is due keeps inside its bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepcat.catalog.judging.sweeping import Axis, Sweep
from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.settings import read_settings
from deepcat.loop.sweeps import Asked, course_of, without_left
from deepcat.loop.trainings import Seen
from deepcat.loop.wished_sweeps import Sweeps, sweeps, without_waiting
from deepcat.plan.trial import TrialOf, line
from deepcat.plan.values import Plan, State, Status
from deepcat.records.lease import Holder
from deepcat.records.record import Record
from deepcat.records.trainings import Training

WISH = {"apiVersion": "deepcat/v1", "module": "digits", "profile": "train", "inputs": {"by": "sgd"}}
GRID = Sweep((Axis("lr", (0.1, 0.2, 0.3, 0.4)),), "grid")
ASKED = Asked("5eed", GRID, WISH, "accuracy", 2, of="tuned")


def named(lr: float) -> str:
    return ASKED.named({"lr": lr})


def record(asked: Asked, lr: float, status: Status = Status.RUNNING, cost: float = 0.0) -> Record:
    name, wish = asked.named({"lr": lr}), asked.wished({"lr": lr}, cost)
    ended = 0 if status is Status.ENDED else None
    return Record(State(name, "digits", "1.0.0", "d", "train", {}, "here", "host", status, "w", "",
                        is_job=True, asked=wish, run="r", exit_status=ended))  # fmt: skip


def training(lr: float, **more: Any) -> Training:
    known = {"state": "ended", "metrics": {"accuracy": lr}, "created": f"2026-11-30T0{lr * 10:.0f}",
             "inputs": {"lr": lr, "by": "sgd"}}  # fmt: skip
    return Training(f"{lr * 10:012.0f}", named(lr), sweep="5eed", run="r", **{**known, **more})


def seen(*trainings: Training, **curves: Any) -> Seen:
    return Seen({each.training: each for each in trainings}, curves)


def records(*rows: Record) -> dict[str, Record]:
    return {row.name: row for row in rows}


def test_the_first_ones_begin_and_the_next_ones_when_there_is_room() -> None:
    first = course_of(ASKED, {}, seen())
    assert [wish["inputs"] for wish in first.due.values()] == [
        {"by": "sgd", "lr": 0.1}, {"by": "sgd", "lr": 0.2},
    ]  # fmt: skip
    assert all(len(name) <= 63 and name.startswith("tuned-") for name in first.due)
    both = records(record(ASKED, 0.1), record(ASKED, 0.2))
    assert not course_of(ASKED, both, seen()).due, "no host has told yet"
    now = course_of(ASKED, both, seen(training(0.1), training(0.2, state="running")))
    assert [*now.running] == [named(0.2)] and [*now.due] == [named(0.3)]
    assert (now.best and now.best.deployment, now.is_over) == (named(0.1), False)


def test_what_was_tried_is_not_tried_again_whatever_became_of_its_deployment() -> None:
    told = [training(lr) for lr in (0.1, 0.2, 0.3)]
    over = course_of(ASKED, {}, seen(*told, training(0.4, state="failed")))
    assert over.is_over and len(over.tried) == 4
    assert over.best and over.best.deployment == named(0.3)
    more = replace(ASKED, sweep=replace(GRID, axes=(Axis("lr", (0.1, 0.2, 0.3, 0.4, 0.5)),)))
    assert [*course_of(more, {}, seen(*told, training(0.4))).due] == [named(0.5)]


def test_what_a_record_says_that_no_trial_can_be_is_none() -> None:
    odd = [
        training(0.1, inputs={"lr": "0.1"}),
        training(0.2, inputs={}),
        training(0.3, inputs={"lr": 9}),
    ]
    assert course_of(ASKED, {}, seen(*odd)).tried == ()


def test_one_that_has_no_place_now_waits_while_others_go_on() -> None:
    course = course_of(ASKED, records(record(ASKED, 0.1)), seen())
    refused = Plan("", "", (), {named(0.2): ("nothing is free",), "other": ("why",)}, (), 0.0)
    found = Sweeps({"tuned": course})
    assert {*without_waiting(refused, found).refusals} == {"other"}
    alone = Sweeps({"tuned": course_of(ASKED, {}, seen())})
    assert {*without_waiting(refused, alone).refusals} == {named(0.2), "other"}


def test_a_command_knows_what_another_one_has_trained() -> None:
    asked = replace(ASKED, name="other", of="")
    own = replace(training(0.1), deployment=asked.named({"lr": 0.1}), sweep="before")
    found = course_of(asked, {own.deployment: record(asked, 0.1)}, seen(own))
    assert own.deployment not in found.due and len(found.due) == 2
    assert found.value(own.deployment) == 0.1


def test_what_a_dead_one_had_only_noted_is_due_again_and_what_a_living_one_does_is_not() -> None:
    begun = State(named(0.1), "digits", "1.0.0", "", "train", {}, "here", "host", Status.PENDING,
                  "", "")  # fmt: skip
    me = Holder.me()
    alive = Record(begun, intent={"action": "create", "holder": str(me)})
    dead = replace(alive, intent={"action": "create", "holder": str(replace(me, start="0"))})
    elsewhere = replace(alive, intent={"action": "create", "holder": f"there:{me.pid}:0"})
    for left, is_due in ((dead, True), (alive, False), (elsewhere, False)):
        found = course_of(ASKED, without_left(records(left)), seen())
        assert (named(0.1) in found.due) is is_due
    told = replace(dead, state=replace(begun, run="r"))
    assert without_left(records(told)), "its host knows of it"


def test_no_plan_takes_it_so_it_counts_as_tried() -> None:
    refused = {named(0.1), named(0.2), named(0.3), named(0.4)}
    found = course_of(ASKED, {}, seen(), refused=refused)
    assert found.is_over and found.best is None


def test_each_has_its_share_of_the_cost_and_none_begins_when_it_is_spent() -> None:
    asked = replace(ASKED, cost=20.0)
    first = course_of(asked, {}, seen())
    assert [wish["limits"]["cost"] for wish in first.due.values()] == [10.0, 10.0]
    both = records(record(asked, 0.1, cost=10.0), record(asked, 0.2, cost=10.0))
    cheap = training(0.1, cost=2.0)
    now = course_of(asked, both, seen(cheap, training(0.2, state="running", cost=9.0)))
    assert [wish["limits"]["cost"] for wish in now.due.values()] == [8.0]
    assert now.running[named(0.2)]["limits"] == {"cost": 10.0}
    dear = training(0.1, cost=10.0)
    spent = course_of(asked, both, seen(dear, training(0.2, state="running", cost=9.0)))
    assert not spent.due


def test_one_that_is_worse_than_most_is_told_and_a_pruned_one_counts_as_tried() -> None:
    pytest.importorskip("optuna")
    asked = replace(ASKED, prune=True, parallel=4)
    told = [training(lr) for lr in (0.2, 0.3, 0.4)]
    late = training(0.1, state="running")
    curves = {each.training: {"accuracy": [[n, n, each.metrics["accuracy"]] for n in (1, 2, 3)]}
              for each in told}  # fmt: skip
    going = seen(*told, late, **{late.training: {"accuracy": [[1, 1, 0.05], [2, 2, 0.06]]}})
    now = course_of(asked, {}, going, lambda name: curves.get(name, {}))
    assert now.worse == (named(0.1),)
    assert course_of(replace(asked, prune=False), {}, going).worse == ()
    good = seen(*told, late, **{late.training: {"accuracy": [[1, 1, 0.9]]}})
    assert course_of(asked, {}, good, lambda name: curves.get(name, {})).worse == ()
    few = seen(*told[:2], late, **{late.training: {"accuracy": [[1, 1, 0.0]]}})
    assert course_of(asked, {}, few, lambda name: curves.get(name, {})).worse == ()
    gone = replace(late, state="stopped", stopped="pruned")
    over = course_of(asked, {}, seen(*told, gone))
    pruned = next(each for each in over.tried if each.point == {"lr": 0.1})
    assert (pruned.value, pruned.pruned) == (None, 0.1)


def test_a_plan_says_the_most_that_all_take() -> None:
    trial = TrialOf("tuned", 2, 20, 4, 7200.0, 0.0)
    assert line(trial, 0.5) == (
        "training 2 of at most 20 of the sweep `tuned`, 4 side by side:"
        " in all 40 h of running, a cost of 20"
    )
    assert line(replace(trial, cost=7.0, currency="EUR"), 0.5).endswith("running, a cost of 7 EUR")
    assert "no cost" in line(trial, 0.0)
    endless = replace(trial, seconds=0.0)
    assert line(endless, 0.5).endswith(": without a bound of time or cost")
    assert line(endless, 0.0).endswith(": without a bound of time, at no cost")
    spends = replace(endless, cost=7.0, currency="EUR")
    assert line(spends, 0.5).endswith(": in all a cost of 7 EUR, without a bound of time")


MODULE = Path(__file__).parents[2] / "modules" / "half-plus-two"


@pytest.fixture
def tuned(git_tree_at: Callable[[Mapping[str, str | bytes]], Path]) -> Path:
    """A catalog with a wish for a sweep."""
    files: dict[str, str | bytes] = {
        f"modules/half-plus-two/{path.relative_to(MODULE).as_posix()}": path.read_bytes()
        for path in MODULE.rglob("*")
        if path.is_file()
    }
    data = yaml.safe_load(files["modules/half-plus-two/module.yaml"])
    inputs = {"epochs": {"type": "integer", "default": 3, "minimum": 1}}
    data["training"] = {
        "command": "python train.py",
        "metric": "max_absolute_error",
        "inputs": inputs,
    }
    files["modules/half-plus-two/module.yaml"] = yaml.safe_dump(data)
    wish = {"apiVersion": "deepcat/v1", "module": "half-plus-two", "profile": "train"}
    files["deployments/tuned.yaml"] = yaml.safe_dump(
        {**wish, "sweep": {"over": {"epochs": [1, 2]}}}
    )
    return git_tree_at({"deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n", **files})


def found(root: Path, known: Mapping[str, Record]) -> Sweeps:
    tree = work_tree(root)
    return sweeps(tree, load(tree), read_settings(tree), known, seen, lambda _: {})


def test_what_no_file_asks_for_any_more_is_dropped_and_a_broken_file_drops_nothing(
    tuned: Path,
) -> None:
    first = found(tuned, {})
    assert not first.why
    (course,) = first.courses.values()
    assert len(course.due) == 2
    own = {name: replace(record(ASKED, 0.1), state=replace(record(ASKED, 0.1).state, name=name,
                                                           asked=wish))
           for name, wish in course.due.items()}  # fmt: skip
    assert found(tuned, own).dropped == frozenset()
    script = tuned / "modules" / "half-plus-two" / "train.py"
    script.write_text(script.read_text() + "\n# Learns otherwise.\n")
    assert found(tuned, own).dropped == {*own}, "another script is another sweep"
    script.write_text(script.read_text().removesuffix("\n# Learns otherwise.\n"))
    file = tuned / "deployments" / "tuned.yaml"
    text = file.read_text()
    file.write_text(text.replace("- 1", "- 0"))
    wrong = found(tuned, own)
    assert wrong.dropped == frozenset() and not wrong.courses
    file.write_text("apiVersion: [")
    assert found(tuned, own).dropped == frozenset()
    file.unlink()
    assert found(tuned, own).dropped == {*own}
