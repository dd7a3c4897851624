"""A training on a cluster that gives a job less time than it takes, or takes its nodes away."""

from __future__ import annotations

from typing import Any

import pytest
from conformance.grounds.slurm import Slurm
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


def test_requeued_preempted_and_bereft_of_its_node_it_loses_no_checkpoint(
    stand: Stand, ground: Slurm, says: Any, until: Any
) -> None:
    cluster, before = ground.cluster, [0]

    def come_to() -> int:
        told = stand.trainings()
        return int((told[0]["checkpoint"] or {"name": 0})["name"]) if told else 0

    def job() -> tuple[str, str]:
        """Number and node of the one that runs."""
        lines = says("squeue", "-ho", "%j %A %N", "-t", "R").splitlines()
        (line,) = (each for each in lines if each.startswith("demo~training~"))
        _, number, node = line.split()
        return number, node

    def has_begun_again() -> bool:
        for number in says("squeue", "-ho", "%A", "-t", "PD").split():
            # A job that was requeued would wait for two minutes.
            cluster.says("scontrol", "update", f"jobid={number}", "starttime=now")
        return bool(stand.trainings()[0]["attempt"] >= len(before))

    def requeued() -> None:
        says("scontrol", "requeue", job()[0])

    def preempted() -> None:
        more = ("--exclusive", "--chdir=/", "--output=/dev/null", "--wrap=sleep 3")
        says("sbatch", "-p", "urgent", "-w", job()[1], "-J", "urgent", "-A", "lab", *more)

    def bereft() -> None:
        cluster.fail(job()[1])

    stand.training({"epochs": 30, "pause": 1})
    assert stand.call("apply", "--yes") == 0, stand.said
    for hit in (requeued, preempted, bereft):
        until(lambda: come_to() >= before[-1] + 2)
        hit()
        before.append(come_to())
        until(has_begun_again)
    for node in "ah":
        cluster.restore(node)
    until(lambda: stand.trainings()[0]["state"] == "ended")
    (told,) = stand.trainings()
    assert told["attempt"] == len(before)
    # A figure that was written as it was ended may be missing; a round that was kept is not.
    assert 30 - 3 <= len(told["metrics"]["loss"]["points"]) <= 30
    assert stand.call("logs", "demo") == 0
    begun = [int(line.split()[-1]) for line in stand.said.splitlines() if "begins after" in line]
    assert len(begun) == len(before)
    assert all(now >= then for now, then in zip(begun, before, strict=True)), (begun, before)
    take(stand, "ran", len(before))
    take(stand, "deepcat", "destroy demo --yes")
    take(stand, "there", [])
