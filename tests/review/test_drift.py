"""What differs between the records and reality."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.review.drift import Seen, drift

HERE = "machine-1"
STATE = State(
    "demo", "digits", "1.0.0", "digest", "serve", {}, "local", "host", Status.RUNNING, "wish", "c",
    resources={"machine": HERE, "programs": ["demo~server"]},
)  # fmt: skip
SEEN = Seen("demo", STATE, frozenset({"demo~server"}))


def found(records: dict[str, Record], seen: dict[str, Seen], wishes: Any = ()) -> Any:
    return drift(records, seen, lambda state: state.resources.get("machine") == HERE, wishes)


def test_what_is_as_recorded_does_not_differ() -> None:
    said = found({"demo": Record(STATE)}, {"demo": SEEN})
    assert said.lines() == []


def test_what_died_is_dead() -> None:
    records = {"demo": Record(STATE)}
    assert found(records, {}).dead == ("demo",)
    assert found(records, {"demo": replace(SEEN, up=frozenset())}).dead == ("demo",)


def test_what_runs_without_its_supervisor_or_with_altered_files_is_said() -> None:
    records = {"demo": Record(STATE)}
    alone = replace(SEEN, up=frozenset(), loose=SEEN.up)
    assert found(records, {"demo": alone}).lines() == ["demo: runs, but nothing looks after it"]
    odd = replace(SEEN, altered=tuple("abcde"))
    said = found(records, {"demo": odd})
    assert said.changed == {
        "demo": (*(f"the file {name} was altered" for name in "abc"), "and 2 more")
    }
    assert said.amiss("demo").startswith("was changed by hand: the file a was altered, ")
    assert said.amiss("other") == ""


def test_a_copy_is_one_only_where_the_deployment_itself_runs() -> None:
    copy = replace(SEEN, state=replace(STATE, cloud="left", shape="h1"))
    nameless = replace(SEEN, state=None)

    def copies(record: Record, *own: Seen) -> Any:
        seen = {each.name: each for each in own}
        return drift({"demo": record}, seen, lambda _: True, (), (), (copy, nameless))

    found = copies(Record(STATE), SEEN)
    assert found.copies == (copy,)
    assert found.lines() == ["demo: an older copy of it is on left/h1"]
    assert copies(Record(STATE)).copies == (), "it is the last one that is left"
    assert copies(Record(STATE), replace(SEEN, up=frozenset())).copies == ()
    assert copies(Record(STATE, intent={"run": "x"}), SEEN).copies == (), "it is on its way"
    assert copies(Record(replace(STATE, status=Status.FAILED)), SEEN).copies == ()


def test_what_runs_elsewhere_is_not_judged_here() -> None:
    other = replace(STATE, resources={"machine": "machine-2", "programs": ["x"]})
    assert found({"demo": Record(other)}, {}).lines() == []


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.RUNNING])
def test_only_what_should_run_can_be_dead(status: Status) -> None:
    assert found({"demo": Record(replace(STATE, status=status))}, {}).lines() == []


def test_what_is_being_worked_on_is_left_alone() -> None:
    begun = Record(STATE, intent={"run": "x"})
    assert found({"demo": begun}, {"demo": replace(SEEN, up=frozenset())}).lines() == []


def test_what_was_changed_by_hand_is_told_with_what_differs() -> None:
    records = {"demo": Record(STATE)}
    other = replace(SEEN, state=replace(STATE, version="0.9.0"))
    assert found(records, {"demo": other}).changed == {"demo": ("version is '0.9.0'",)}
    assert found(records, {"demo": replace(SEEN, state=None)}).changed == {
        "demo": ("its owner tag is gone",)
    }
    more = replace(SEEN, up=SEEN.up | {"demo~miner"})
    assert found(records, {"demo": more}).changed == {"demo": ("the program demo~miner was added",)}


@pytest.mark.parametrize("part", ["module", "version", "module_digest", "wish_digest", "profile"])
def test_each_part_of_the_owner_tag_is_held_against_the_record(part: str) -> None:
    other = replace(SEEN, state=replace(STATE, **{part: "other"}))
    label = part.replace("_", " ")
    assert found({"demo": Record(STATE)}, {"demo": other}).changed == {
        "demo": (f"{label} is 'other'",)
    }


def test_what_nobody_knows_is_an_orphan_unless_it_is_wished_for() -> None:
    records = {"other": Record(replace(STATE, name="other", status=Status.FAILED))}
    assert found(records, {"demo": SEEN}).orphans == ("demo",)
    assert found(records, {"demo": SEEN}, {"demo"}).orphans == ()


def test_without_any_record_nothing_is_an_orphan() -> None:
    said = found({}, {"demo": SEEN})
    assert said.orphans == ()
    assert said.is_lost
    assert "deepcat records rebuild" in said.lines()[0]


def test_what_has_no_tag_is_told_and_left_alone() -> None:
    said = found(
        {"x": Record(replace(STATE, name="x", status=Status.FAILED))}, {"odd": Seen("odd", None)}
    )
    assert said.unknown == ("odd",)
    assert said.orphans == ()


def test_a_job_that_ended_is_neither_dead_nor_changed_by_hand() -> None:
    job = replace(STATE, is_job=True, run="r1")
    over = replace(job, status=Status.ENDED, exit_status=0, ended="2026-03-01T10:00:00+00:00")
    lost = Seen("demo", job)
    assert found({"demo": Record(job)}, {"demo": Seen("demo", over)}).lines() == []
    assert found({"demo": Record(over)}, {}).lines() == []
    assert found({"demo": Record(job)}, {"demo": lost}).dead == ("demo",)
    of_another_run = Seen("demo", replace(over, run="r0"))
    assert found({"demo": Record(job)}, {"demo": of_another_run}).dead == ("demo",)
