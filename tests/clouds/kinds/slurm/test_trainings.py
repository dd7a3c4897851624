"""A training on a cluster whose time for a job is shorter than it takes."""

from __future__ import annotations

from typing import Any

import pytest
from conformance.stand import Stand
from conformance.steps import take

pytestmark = [
    pytest.mark.starts("a Slurm, and a training as its jobs"),
    pytest.mark.system("slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd"),
    pytest.mark.xdist_group("conformance slurm "),
    pytest.mark.slow,
]


def test_it_goes_on_in_a_job_of_its_own_when_the_queue_s_time_is_over(
    stand: Stand, says: Any, until: Any, settings: Any
) -> None:
    settings(time=2, renew=60)
    stand.training({"epochs": 120, "pause": 1})
    assert stand.call("apply", "--yes") == 0, stand.said
    until(lambda: stand.trainings()[0]["attempt"] >= 2)
    assert stand.trainings()[0]["state"] in ("waiting", "running")
    until(lambda: stand.trainings()[0]["state"] == "ended")
    (told,) = stand.trainings()
    assert len(told["metrics"]["loss"]["points"]) == 120
    assert told["metrics"]["loss"]["last"] == pytest.approx(1 / 120)
    assert stand.call("status", "demo") == 0
    assert stand.call("logs", "demo") == 0
    begun = [int(line.split()[-1]) for line in stand.said.splitlines() if "begins after" in line]
    assert len(begun) == told["attempt"] and sorted(begun) == begun
    assert "exit status" not in stand.said
    jobs = says("sacct", "-nXP", "--format=JobID,JobName,State").splitlines()
    mine = [line for line in jobs if "demo~training~" in line]
    assert len(mine) >= told["attempt"], mine
    take(stand, "deepcat", "destroy demo --yes")
    take(stand, "there", [])
