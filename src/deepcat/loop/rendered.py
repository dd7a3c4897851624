"""The plays of each change as they were and as they will be, for who compares them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError
from deepcat.loop.jobs import jobs
from deepcat.plan.values import Action
from deepcat.review.play_diff import Rendered

if TYPE_CHECKING:
    from deepcat.loop.world import Gathered
    from deepcat.plan.values import Change, Wish


def rendered(changes: Iterable[Change], world: Gathered) -> tuple[Rendered, ...]:
    """The plays that bring each deployment up, of the commit in its record and of what is planned.

    What cannot be compiled any more, or lies in a commit that is not here, is said.

    Args:
        changes: of the plan; what stays as it is is left out.
        world: what the plan was made from.
    """
    return tuple(_of(change, world) for change in changes if change.action is not Action.NONE)


def _of(change: Change, world: Gathered) -> Rendered:
    (job,) = jobs([change], world)
    after, why_not = _plays(job.wish)
    before, unknown = _plays(job.former.wish if job.former else None)
    if job.before is not None and job.former is None:
        found = world.formers.of(job.before)
        unknown = found if isinstance(found, str) else ""
    return Rendered(change.deployment, before, after, unknown or why_not)


def _plays(wish: Wish | None) -> tuple[list[dict[str, object]], str]:
    """The plays, or why there are none."""
    from deepcat.plan.compile import compile_plays

    if wish is None:
        return [], ""
    try:
        return compile_plays(wish.topology, wish.deployment, wish.module, Action.CREATE), ""
    except DeepcatError as error:
        return [], error.message
