"""Trainings are asked how they go, and written down when something has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.values import Cloud
from deepcat.clouds.kinds.local.kind import Local
from deepcat.loop.trainings import follow, followed, look
from deepcat.loop.tries import times_starved
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store

ID = "4f2a00000001"
NODE = {
    "type": "deepcat.nodes.TrainingJob",
    "properties": {"requirements": "requirements.lock", "inputs": {"epochs": 3}},
}
STATE = State(
    "learn", "digits", "1.0.0", "digest", "train", {}, "here", "host", Status.RUNNING, "wish", "",
    resources={"programs": ["learn~training"]}, run="r1", is_job=True, nodes={"training": NODE},
)  # fmt: skip
MODULE = "training:\n  command: python train.py\n  metric: loss\n  seed: 3\n"
CLOUDS = {"here": Cloud("here", "clouds/here.yaml", "local", {"kind": "local"})}
HOST: dict[str, Any] = {
    "node": "training",
    "training": ID,
    "state": "running",
    "began": "2026-11-30T07:59:00+00:00",
    "progress": 0.4,
    "metrics": {"loss": {"last": 0.3, "points": [[1, 0.5, 0.9]]}},
    "seconds": 60.0,
}


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the host tells, to be changed; ``asked`` counts how often."""
    found: dict[str, Any] = {"told": [dict(HOST)], "asked": 0}

    def gather(*_: Any) -> list[dict[str, Any]]:
        found["asked"] += 1
        if isinstance(found["told"], Exception):
            raise found["told"]
        return list(found["told"])

    monkeypatch.setattr(Local, "gather", gather, raising=False)
    monkeypatch.setattr("deepcat.loop.away.away", lambda *_: None)
    return found


@pytest.fixture
def root(git_tree_at: Callable[[dict[str, str]], Path]) -> Path:
    """A catalog with a module that is trained."""
    return git_tree_at(
        {
            "deepcat.yaml": "apiVersion: deepcat/v1\n",
            "modules/digits/module.yaml": MODULE,
            "modules/digits/requirements.lock": "a==1\n",
        }
    )


def record(**state: Any) -> dict[str, Record]:
    return {"learn": Record(replace(STATE, **state), price_hour=60.0)}


def test_it_is_written_down_with_what_its_deployment_knows(
    root: Path, host: dict[str, Any]
) -> None:
    store, said = Store(root), list[str]()
    seen = follow(root, store, record(), CLOUDS, said.append)
    found = store.read_trainings()[ID]
    assert seen.of("learn", "r1") == (found,)
    assert (found.module, found.metric, found.seed, found.inputs) == (
        "digits", "loss", 3, {"epochs": 3},
    )  # fmt: skip
    assert found.lock == hashlib.sha256(b"a==1\n").hexdigest()
    assert found.cost == pytest.approx(1.0)
    assert store.read_curves(ID) == {"loss": [[1, 0.5, 0.9]]}
    assert said == [f"learn: training {ID} runs"]
    assert store.log("learn") == ()
    assert store.log()[0].subject == f"learn: training {ID} runs"

    host["told"][0] |= {"progress": 0.5}
    assert follow(root, store, record(), CLOUDS, said.append).trainings[ID].progress == 0.5
    assert len(store.log()) == 1, "that it went on is worth no commit each time"

    host["told"][0] |= {"state": "ended", "exit_status": 0, "ended": "2026-11-30T08:09:00+00:00"}
    follow(root, store, record(), CLOUDS, said.append)
    assert said[1:] == [f"learn: training {ID} has ended with status 0"]
    asked = host["asked"]
    follow(root, store, record(status=Status.ENDED, exit_status=0), CLOUDS, said.append)
    assert host["asked"] == asked, "what has ended is not asked again"


def test_a_host_that_does_not_answer_changes_nothing(root: Path, host: dict[str, Any]) -> None:
    store = Store(root)
    follow(root, store, record(), CLOUDS)
    host["told"] = RuntimeError("no")
    seen = follow(root, store, record(), CLOUDS)
    assert seen.trainings[ID].state == "running"
    assert "no" in seen.untold["learn"]


def test_one_that_was_taken_down_is_stopped(root: Path, host: dict[str, Any]) -> None:
    store = Store(root)
    follow(root, store, record(), CLOUDS)
    seen = follow(root, store, {}, CLOUDS)
    assert seen.trainings[ID].state == store.read_trainings()[ID].state == "stopped"
    assert seen.trainings[ID].attempts[-1]["state"] == "stopped"
    again = follow(root, store, record(run="r2"), CLOUDS)
    assert again.trainings[ID].state == "running", "the same goal goes on as another attempt"
    host["told"] = [HOST | {"training": "5f2a00000001"}]
    other = look(root, record(run="r3"), store.read_trainings(), CLOUDS)
    assert (other.trainings[ID].state, other.trainings["5f2a00000001"].state) == (
        "stopped", "running",
    )  # fmt: skip


def test_who_cannot_write_is_shown_it_all_the_same(
    root: Path, host: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from deepcat.errors import DeepcatError

    def refuse(*_: Any) -> None:
        raise DeepcatError("no key", code="records/key")

    monkeypatch.setattr(Store, "update_training", refuse)
    assert followed(root, Store(root), record(), CLOUDS).trainings[ID].state == "running"


def test_ids_of_strangers_are_none(root: Path, host: dict[str, Any]) -> None:
    host["told"] = [HOST | {"training": "../../x"}, HOST | {"training": None}]
    assert follow(root, Store(root), record(), CLOUDS).trainings == {}


def test_what_was_ended_for_want_of_memory_with_its_watch_is_counted_as_its_host_tells_it(
    root: Path, host: dict[str, Any]
) -> None:
    store, dead = Store(root), record(status=Status.FAILED)
    follow(root, store, record(), CLOUDS)
    host["told"] = [HOST | {"state": "failed", "failure": {"code": "job/out-of-memory"}}]
    assert times_starved(root, store, dead, CLOUDS) == {"learn": 1}
    seen = look(root, dead, store.read_trainings(), CLOUDS)
    host["told"] = [HOST | {"state": "lost", "failure": {"code": "job/host-lost"}}]
    assert times_starved(root, store, dead, CLOUDS) == {}
    assert times_starved(root, store, dead, CLOUDS, seen) == {"learn": 1}, "it was just asked"
