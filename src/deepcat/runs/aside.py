"""A deployment whose machine is put aside, or taken away without its record, and nothing else."""

from __future__ import annotations

import time
from dataclasses import replace

from deepcat.clouds.failure import Failure
from deepcat.plan.values import State, Status
from deepcat.runs.machines import Machines
from deepcat.runs.values import Aside, Job, Outcome


def put_aside(machines: Machines, job: Job, run: str) -> Outcome:
    """Do it; a failure leaves the record as it is.

    Args:
        machines: those of the cloud that it is on.
        job: with what becomes of its machine.
        run: the run's id.
    """
    began, state = time.monotonic(), job.before
    assert state is not None and job.aside is not None  # noqa: S101 - the caller's contract
    failure: Failure | None
    if job.aside is Aside.GONE:
        failure = machines.unmake(job.name, state.shape, keeps=True)
    else:
        failure = machines.rest(job.name, state.shape)
    return Outcome(
        job,
        state if failure else with_machine(state, job.aside),
        ok=failure is None,
        failures=(failure,) if failure else (),
        seconds=time.monotonic() - began,
        run=run,
    )


def with_machine(state: State, aside: Aside) -> State:
    """What is known of a deployment once its machine is put aside, or gone. Pure.

    A job that ended has ended; what is there to be worked in is stopped, and answers nobody.
    """
    kept = state.resources if aside is Aside.STOPPED else {}
    known = replace(state, resources={**kept, "aside": aside.value})
    if state.has_ended:
        return known
    return replace(known, status=Status.STOPPED, endpoints={}, private=())
