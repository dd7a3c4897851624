"""Trainings that are known, begun once more, gone on with, or stopped: by what somebody says."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.errors import DeepcatError
from deepcat.plan.training import trains
from deepcat.plan.values import Action, Change, Status
from deepcat.records.told_trainings import PRUNED
from deepcat.runs.values import Job

if TYPE_CHECKING:
    from deepcat.loop.world import Gathered
    from deepcat.plan.values import State
    from deepcat.records.store import Store


def gathered_for(root: Path, store: Store, name: str) -> Gathered:
    """What is planned from, with the wish for a training whatever became of it.

    Raises:
        UsageError: there is no such deployment.
        DeepcatError: it is none of a training, or its wish cannot be read.
    """
    from deepcat.loop.known import recorded
    from deepcat.loop.observed import as_it_is
    from deepcat.loop.world import gather

    record = recorded(root, name, "training/none")
    asked = {name: record.state.asked} if record.state.asked else None
    found = as_it_is(root, gather(root, store=store, asked=asked))
    if name in found.held or name not in found.wishes:
        why = "; ".join(found.held.get(name, ("no file wishes for it any more",)))
        raise DeepcatError(f"`{name}`: {why}", hint="mend that first", code="training/wish")
    if not any(map(trains, found.wishes[name].topology.nodes.values())):
        raise DeepcatError(
            f"`{name}` is no training", hint="see `deepcat trainings`", code="training/none"
        )
    return found


def once_more(gathered: Gathered, name: str, *, afresh: bool, more_s: float = 0.0) -> Job:
    """The job that begins a training's next attempt where it was.

    Args:
        gathered: that holds its wish and record.
        name: of the deployment.
        afresh: whether it begins from nothing, and not from its last checkpoint.
        more_s: so long it may run from now on; 0 for as its wish says.

    Raises:
        DeepcatError: it runs (``training/runs``), and is not only given more time.
    """
    state = gathered.records[name].state
    if state.status is Status.RUNNING and (afresh or not more_s):
        raise DeepcatError(
            f"`{name}` runs", hint=f"stop it first: `deepcat stop {name}`", code="training/runs"
        )
    given: dict[str, Any] = {"again": int(time.time()), "afresh": afresh, "more_s": more_s}
    return where_it_is(gathered, state, {key: value for key, value in given.items() if value})


def stopped(gathered: Gathered, name: str, why: str = "halted") -> Job:
    """The job that ends a training, which keeps its checkpoints.

    Args:
        gathered: that holds its wish and record.
        name: of the deployment.
        why: what is told of it: ``halted`` by somebody, or ``pruned`` for it is worse than others.

    Raises:
        DeepcatError: it does not run (``training/over``).
    """
    state = gathered.records[name].state
    if state.status is not Status.RUNNING:
        raise DeepcatError(
            f"`{name}` does not run: it is {state.status.value}",
            hint=f"see `deepcat status {name}`",
            code="training/over",
        )
    return where_it_is(gathered, state, {"halt": why})


def pruned(gathered: Gathered) -> list[Job]:
    """The jobs that stop trials of sweeps early which are worse than most others."""
    running = (n for n in gathered.sweeps.worse if n in gathered.records and n in gathered.wishes)
    return [
        stopped(gathered, name, PRUNED)
        for name in running
        if gathered.records[name].state.status is Status.RUNNING
    ]


def where_it_is(gathered: Gathered, state: State, training: dict[str, Any]) -> Job:
    """What is done to it where it is, whatever a plan would say."""
    wish = gathered.wishes[state.name]
    here = (state.cloud, state.shape)
    offer = next((o for o in gathered.offers if (o.cloud, o.shape) == here), None)
    if offer is None:
        raise DeepcatError(
            f"`{state.name}` was on `{state.cloud}/{state.shape}`, which is not to be had now",
            hint=f"run `deepcat apply {state.name}`: it begins where there is room",
            code="training/place",
        )
    change = Change(
        action=Action.REPLACE if state.status is Status.RUNNING else Action.CREATE,
        deployment=state.name,
        module=wish.module.name,
        version=wish.module.version,
        profile=wish.deployment.profile,
        offer=offer,
        price_hour=offer.price * state.hosts,
        hosts=state.hosts,
        module_commit=wish.commit,
    )
    return Job(change, wish, state, training=training)
