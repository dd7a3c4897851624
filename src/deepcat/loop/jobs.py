"""From a plan's changes, or the names of what shall go, to what a run carries out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deepcat.plan.values import Action, Cause, Change
from deepcat.records.record import Record
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
        begun = world.formers.begun(record)
        former, notes = world.formers.given(before)
        gone = change.action is Action.DELETE
        wish = None if gone else world.wishes[change.deployment]
        found.append(Job(change, wish, before, former, begun, notes))
    return found


def plays_of(change: Change, world: Gathered) -> list[dict[str, Any]]:
    """The plays that a change leads to, for a person: those of the new one and of what goes.

    Raises:
        DeepcatError: an operation cannot be carried out.
    """
    from deepcat.plan.compile import compile_plays
    from deepcat.runs.former import compiled, kept

    for job in jobs([change], world):
        wish = job.wish
        new = []
        if wish is not None:
            given = (wish.topology, wish.deployment, wish.module, change.action, change.nodes)
            new = compile_plays(*given)
        if job.former is None or change.action is Action.UPDATE:
            return new
        takes_over = None if change.renamed_from else wish
        but = kept(job.former, takes_over, world.tree)
        old = compiled(job.former, but, "")[0]
        return [*old, *new] if change.renamed_from else [*new, *old]
    return []


def take_down(record: Record, formers: Formers, causes: tuple[Cause, ...] = ()) -> Job:
    """The job that takes a deployment away, whether a wish, a record or its tag names it."""
    state = record.state
    change = Change(Action.DELETE, state.name, state.module, "", state.profile, causes=causes)
    former, notes = formers.given(state)
    return Job(change, None, state, former, formers.begun(record), notes)


def take_copies(states: Iterable[State], formers: Formers) -> list[Job]:
    """The jobs that take away older copies of what runs elsewhere by now; records stay."""
    found = []
    for state in states:
        cause = Cause("copy", f"{state.cloud}/{state.shape}", None)
        found.append(replace(take_down(Record(state), formers, (cause,)), is_copy=True))
    return found


def sweep(states: Iterable[State], formers: Formers) -> list[Job]:
    """The jobs that take away what bears our owner tag, and has neither a record nor a wish."""
    found = []
    for state in states:
        cause = Cause("record", f"{state.module} {state.version} on {state.cloud}", None)
        found.append(take_down(Record(state), formers, (cause,)))
    return found
