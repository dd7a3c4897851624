"""How a deployment is proved, and whether it ends by itself: its workloads tell. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from deepcat.tosca.workload import Workload

# A job that is known to take no longer is waited for; any other only has to begin.
SOON_S = 60.0
_JOB = "job"
_SERVICE = "service"
_ANSWERING = frozenset({_SERVICE, "notebook"})


class Proof(StrEnum):
    """What shows that a deployment came up as it was wished."""

    ANSWERS = "answers"
    STARTED = "started"
    ENDED = "ended"


# What is waited for, in words.
AWAITED: Final = {
    Proof.ENDED: "it has ended with status 0",
    Proof.STARTED: "it has started",
    Proof.ANSWERS: "it answers",
}
SAMPLED: Final = f"{AWAITED[Proof.ANSWERS]}, and compare the samples"


def is_job(workloads: Sequence[Workload]) -> bool:
    """Whether all that is wished ends by itself; a service beside a job is there until taken down.

    It is the workloads' kinds that say so; the profile's name does not.
    """
    return bool(workloads) and all(workload.kind == _JOB for workload in workloads)


def proof(workloads: Sequence[Workload], expected_s: float | None = None) -> Proof:
    """What a run waits for.

    Args:
        workloads: of one deployment.
        expected_s: how long its jobs are said to take; None when nobody says.

    Returns:
        ``answers`` where something is to be asked, ``ended`` for jobs that are over soon, else
        ``started``.
    """
    if any(workload.kind in _ANSWERING for workload in workloads):
        return Proof.ANSWERS
    if is_job(workloads) and expected_s is not None and expected_s <= SOON_S:
        return Proof.ENDED
    return Proof.STARTED


def awaited(workloads: Sequence[Workload], by: Proof) -> str:
    """What is waited for, in words; only of a service are samples compared."""
    serves = any(workload.kind == _SERVICE for workload in workloads)
    return SAMPLED if serves and by is Proof.ANSWERS else AWAITED[by]
