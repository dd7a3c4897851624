"""Data that outlives machines is not left on a cloud by a change that goes elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.offers import Offer
from deepcat.host.failure import StepError
from deepcat.loop import outlived as module
from deepcat.loop.outlived import outlived
from deepcat.plan.values import Action, Change, State, Status
from deepcat.runs.values import Aside, Job

LAB = Cloud("lab", "clouds/lab.yaml", "keeps", {})
WISH: Any = SimpleNamespace()
STATE = State(
    "demo", "digits", "1.0.0", "digest", "serve", {}, "lab", "small", Status.RUNNING, "wish", "c"
)
HERE, LARGE, THERE = (
    Offer(cloud, shape, "local") for cloud, shape in (("lab", "small"), ("lab", "g"), ("x", "y"))
)


class Keeps:
    """A kind, of which all that is asked here is what outlives machines."""

    said = "a volume of 20 GB"
    asked = 0

    def outlives(self, cloud: Cloud, means: Means, deployment: str) -> str:
        self.asked += 1
        if self.said == "?":
            raise StepError("cloud", "run/openstack", "it does not answer", "wait")
        return self.said


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Keeps:
    made = Keeps()
    monkeypatch.setattr(module, "kind_of", lambda cloud: made)
    return made


def _job(offer: Offer | None, *fallbacks: Offer, **more: Any) -> Job:
    change = Change(Action.UPDATE, "demo", "digits", "1.0.0", "serve")
    return Job(replace(change, offer=offer, fallbacks=fallbacks, **more), WISH, STATE)


@pytest.mark.parametrize("job", [_job(None), _job(HERE), _job(HERE, LARGE), _job(LARGE)])
def test_what_stays_on_its_cloud_asks_nobody(kind: Keeps, tmp_path: Path, job: Job) -> None:
    assert outlived(tmp_path, LAB, job, STATE) == (job, None)
    assert kind.asked == 0


def test_no_way_out_leads_to_another_cloud(kind: Keeps, tmp_path: Path) -> None:
    job, why = outlived(tmp_path, LAB, _job(HERE, THERE, LARGE), STATE)
    assert (job.change.fallbacks, why) == ((LARGE,), None)
    kind.said = ""
    job, _ = outlived(tmp_path, LAB, _job(HERE, THERE, LARGE), STATE)
    assert job.change.fallbacks == (THERE, LARGE)


@pytest.mark.parametrize("said", ["a volume of 20 GB", "?"])
@pytest.mark.parametrize("job", [_job(THERE), _job(HERE, renamed_from="demo")])
def test_what_leaves_is_held_back(kind: Keeps, tmp_path: Path, job: Job, said: str) -> None:
    kind.said = said
    _, why = outlived(tmp_path, LAB, job, STATE)
    assert why is not None and why.code == "run/volume"
    kind.said = ""
    assert outlived(tmp_path, LAB, job, STATE) == (job, None)


def test_what_is_taken_away_or_put_aside_is_not(kind: Keeps, tmp_path: Path) -> None:
    for job in (
        replace(_job(THERE, action=Action.DELETE), wish=None),
        replace(_job(None), aside=Aside.STOPPED),
    ):
        assert outlived(tmp_path, LAB, job, STATE) == (job, None)
