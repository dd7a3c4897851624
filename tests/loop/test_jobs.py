"""From a plan's changes, or what nobody knows, to what a run carries out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.values import Catalog, Deployment, Module, Placement
from deepcat.loop.formers import Formers
from deepcat.loop.jobs import jobs, sweep, take_down
from deepcat.loop.watch import sweeping
from deepcat.loop.world import Gathered
from deepcat.plan.values import Action, Change, State, Status, Wish
from deepcat.records.record import Record
from deepcat.review.drift import Drift, Seen
from deepcat.tosca.topology import Topology

WISH = Wish(
    Deployment("demo", "d", "m", "", "serve", {}, None, Placement(), None, "ada", {}),
    Module("m", "1.0.0", "modules/m", {}, "d", "t.yaml", None, ()),
    Topology("t", "1.3", "", {}, {}, (), {}),
    (),
)


def state(name: str) -> State:
    return State(name, "m", "0.9.0", "", "serve", {}, "local", "host", Status.RUNNING, "", "")


@pytest.fixture
def world(tmp_path: Path) -> Gathered:
    """One wish, `demo`; what is recorded runs as `demo` and `old`."""
    catalog = Catalog({}, {}, {}, ())
    tree = work_tree(tmp_path)
    return Gathered(
        tree=tree,
        catalog=catalog,
        settings={},
        wishes={"demo": WISH},
        held={},
        records={name: Record(state(name)) for name in ("demo", "old")},
        offers=(),
        probes={},
        commit="",
        now=datetime.now(UTC),
        formers=Formers(tmp_path, tree, catalog, ""),
    )


def change(action: Action, name: str = "demo", **more: str) -> Change:
    return Change(action, name, "m", "1.0.0", "serve", **more)


@pytest.mark.parametrize(
    ("given", "wish", "before"),
    [
        (change(Action.CREATE), WISH, "demo"),
        (change(Action.UPDATE), WISH, "demo"),
        (change(Action.REPLACE), WISH, "demo"),
        (change(Action.REPLACE, renamed_from="old"), WISH, "old"),
        (change(Action.REPLACE, renamed_from="unknown"), WISH, None),
        # What is taken down has no wish, even while its file is there: its lifetime is over.
        (change(Action.DELETE), None, "demo"),
        (change(Action.DELETE, "old"), None, "old"),
        (change(Action.DELETE, "unknown"), None, None),
    ],
)
def test_a_change_becomes_a_job(
    world: Gathered, given: Change, wish: Wish | None, before: str | None
) -> None:
    (job,) = jobs([given], world)
    assert (job.change, job.wish) == (given, wish)
    assert (job.before.name if job.before else None) == before
    assert (job.former, job.notes) == (None, ()), "nothing is known of how it was made"


def test_what_stays_as_it_is_is_no_job(world: Gathered) -> None:
    assert jobs([change(Action.NONE)], world) == []
    some = [change(Action.NONE), change(Action.DELETE, "old")]
    assert [job.name for job in jobs(some, world)] == ["old"]


def test_what_is_swept_says_why(world: Gathered) -> None:
    (job,) = sweep([state("lost")], world.formers)
    assert (job.change.action, job.name, job.wish) == (Action.DELETE, "lost", None)
    assert job.change.causes[0].before == "m 0.9.0 on local"
    assert take_down(Record(state("lost")), world.formers).change.causes == ()


@pytest.mark.parametrize(("most", "swept"), [(0, []), (1, ["a"]), (2, ["a", "b"]), (9, ["a", "b"])])
def test_no_more_orphans_are_swept_than_is_allowed(
    world: Gathered, most: int, swept: list[str]
) -> None:
    """And none that was not seen to bear our tag."""
    seen = {name: Seen(name, state(name)) for name in ("a", "b")} | {"c": Seen("c", None)}
    drift = Drift(orphans=("a", "b", "c"), seen=seen)
    assert [job.name for job in sweeping(drift, world, most)] == swept
