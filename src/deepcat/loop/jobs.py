"""From a plan's changes, or the names of what shall go, to what a run carries out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from deepcat.plan.values import Action, Cause, Change
from deepcat.runs.values import Job

if TYPE_CHECKING:
    from deepcat.loop.formers import Formers
    from deepcat.loop.world import Gathered
    from deepcat.plan.values import State


def jobs(changes: Iterable[Change], world: Gathered) -> list[Job]:
    """The jobs of a plan; what stays as it is has none.

    Args:
        changes: of the plan.
        world: what the plan was made from.
    """
    found = []
    for change in changes:
        if change.action is Action.NONE:
            continue
        record = world.records.get(change.renamed_from or change.deployment)
        before = record.state if record else None
        former, notes = world.formers.given(before)
        gone = change.action is Action.DELETE
        wish = None if gone else world.wishes[change.deployment]
        found.append(Job(change, wish, before, former, notes))
    return found


def take_down(state: State, formers: Formers, causes: tuple[Cause, ...] = ()) -> Job:
    """The job that takes a deployment away, whether a wish, a record or its tag names it."""
    change = Change(Action.DELETE, state.name, state.module, "", state.profile, causes=causes)
    former, notes = formers.given(state)
    return Job(change, None, state, former, notes)


def sweep(states: Iterable[State], formers: Formers) -> list[Job]:
    """The jobs that take away what bears our owner tag, and has neither a record nor a wish."""
    found = []
    for state in states:
        cause = Cause("record", f"{state.module} {state.version} on {state.cloud}", None)
        found.append(take_down(state, formers, (cause,)))
    return found
