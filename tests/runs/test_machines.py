"""A kind that makes a machine for each deployment: it comes before the plays, and goes with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import FailureKind
from deepcat.clouds.kind import Making, Means
from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.plan.values import Status
from deepcat.runs.execute import summary
from deepcat.runs.values import Event

pytestmark = pytest.mark.tensorflow


@dataclass
class Folder:
    """A machine that is a folder; its host is not reached while that is not there."""

    path: Path
    full: bool = False
    stays: bool = False
    dark: str = ""
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    owners: list[Mapping[str, Any]] = field(default_factory=list)
    kept: list[bool] = field(default_factory=list)

    def make(
        self, cloud: Cloud, means: Means, deployment: str, shape: str, owner: Mapping[str, Any]
    ) -> bool:
        self.calls.append(("make", deployment, shape))
        self.owners.append(owner)
        if self.full:
            raise StepError("capacity", "run/full", "there is no room", "wait")
        is_new = not self.path.is_dir()
        self.path.mkdir(exist_ok=True)
        return is_new

    def unmake(
        self, cloud: Cloud, means: Means, deployment: str, shape: str, *, keeps: bool = False
    ) -> bool:
        self.calls.append(("unmake", deployment, shape))
        self.kept.append(keeps)
        if self.stays:
            raise StepError("cloud", "run/going", "it is still there", "wait")
        existed = self.path.is_dir()
        shutil.rmtree(self.path, ignore_errors=True)
        return existed


@pytest.fixture
def machine(
    catalog: Any, folders: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Folder]:
    made = Folder(tmp_path / "machine")
    (tmp_path / "host").mkdir()
    reach = folders.reach

    def reached(cloud: Cloud, means: Means, deployment: str, shape: str) -> Any:
        if not made.path.is_dir() or shape == made.dark:
            raise DeepcatError("there is no machine", code="run/host")
        return reach(cloud, means, deployment, shape)

    (catalog.root / "clouds" / "local.yaml").unlink()
    (catalog.root / "clouds" / "far.yaml").write_text(
        "apiVersion: deepcat/v1\nname: far\nkind: folders\nsummary: S.\nprice: 0\n"
        f"folders: {{hosts: {{a: {tmp_path / 'host'}}}}}\n"
    )
    catalog.commit()
    for name, value in (("make", made.make), ("unmake", made.unmake), ("reach", reached)):
        monkeypatch.setattr(folders, name, value, raising=False)
    assert isinstance(folders, Making)
    yield made
    made.stays = False
    catalog.destroy()


def test_it_comes_before_the_plays_and_goes_with_them(catalog: Any, machine: Folder) -> None:
    events: list[Event] = []
    (outcome,) = catalog.apply(say=events.append)
    assert outcome.ok, outcome.failures
    assert events[0].step == "make its machine"
    assert machine.calls == [("make", "demo", "a")]
    (owner,) = machine.owners
    assert (owner["name"], owner["cloud"], owner["shape"]) == ("demo", "far", "a")
    assert owner["catalog"]
    # What fails on a machine that serves leaves it, and what it serves.
    catalog.broken_model()
    catalog.commit()
    (outcome,) = catalog.apply()
    assert not outcome.ok
    assert ("unmake", "demo", "a") not in machine.calls
    assert catalog.record.state.status is Status.RUNNING
    assert catalog.ask() == [3.0]
    # What is still there counts as there.
    machine.stays = True
    (outcome,) = catalog.destroy()
    assert [each.code for each in outcome.failures] == ["run/going"]
    assert catalog.record is not None
    machine.stays = False
    (outcome,) = catalog.destroy()
    assert outcome.ok, outcome.failures
    assert not machine.path.exists()
    assert catalog.record is None


def test_one_that_is_not_to_be_had_is_told_as_what_it_is(catalog: Any, machine: Folder) -> None:
    machine.full = True
    (outcome,) = catalog.apply()
    (failure,) = outcome.failures
    assert (failure.kind, failure.code) == (FailureKind.CAPACITY, "run/full")
    assert (failure.cloud, failure.step) == ("far", "make its machine")
    assert not machine.path.exists()


def test_what_fails_on_a_new_one_takes_it_away(catalog: Any, machine: Folder) -> None:
    catalog.broken_model()
    catalog.commit()
    (outcome,) = catalog.apply()
    assert not outcome.ok
    assert machine.calls == [("make", "demo", "a"), ("unmake", "demo", "a")]
    assert not machine.path.exists()
    # What outlives machines is nobody's yet at first, and may hold something from then on.
    catalog.apply()
    catalog.destroy()
    assert machine.kept == [False, True, False]


def test_one_that_stays_is_told(catalog: Any, machine: Folder) -> None:
    catalog.broken_model()
    catalog.commit()
    machine.stays = True
    (outcome,) = catalog.apply()
    assert [(each.cloud, each.code) for each in outcome.left] == [("far", "run/going")]
    assert outcome.may_be_left
    assert "it may be left on far: it is still there" in outcome.notes
    assert [each["code"] for each in summary(outcome)["left"]] == ["run/going"]


def test_one_that_stays_is_told_also_where_the_next_takes_its_place(
    catalog: Any, machine: Folder, tmp_path: Path
) -> None:
    (tmp_path / "next").mkdir()
    path = catalog.root / "clouds" / "far.yaml"
    path.write_text(path.read_text().replace("hosts: {", f"hosts: {{b: {tmp_path / 'next'}, "))
    catalog.commit()
    machine.dark, machine.stays = "a", True
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    assert [each.code for each in outcome.left] == ["run/going"]
    assert outcome.may_be_left


def test_one_that_is_not_there_is_no_hindrance(catalog: Any, machine: Folder) -> None:
    machine.full = True
    catalog.apply()
    assert catalog.record.state.status is Status.FAILED
    (outcome,) = catalog.destroy()
    assert outcome.ok, outcome.failures
    assert any("there is no machine" in each for each in outcome.notes)
    assert catalog.record is None
