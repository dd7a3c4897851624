"""What trainings made that lies on their machine alone: checkpoints, and output. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepcat.plan.values import State
    from deepcat.records.trainings import Training

# What was proposed of a training that needs its machine no more.
_COLLECTED = ("proposed", "merged")


def of_run(state: State, trainings: Mapping[str, Training]) -> Iterator[Training]:
    """Those of a deployment as it was brought up last."""
    for each in trainings.values():
        if (each.deployment, each.run) == (state.name, state.run):
            yield each


def is_collected(training: Training) -> bool:
    """Whether what it made is proposed: what it made since it was begun once more is not."""
    from deepcat.records.trainings import proposal_of

    return proposal_of(training).get("state") in _COLLECTED


def held(state: State, trainings: Mapping[str, Training]) -> str:
    """What would go with a deployment's machine, in words; empty for nothing.

    What repeats another one is proposed to nobody, and is none of it.
    """
    from deepcat.records.trainings import ENDED, REPRODUCED

    every = (each for each in of_run(state, trainings) if each.by != REPRODUCED)
    own = [each for each in every if not is_collected(each)]
    if any(each.state == ENDED for each in own):
        return "what its training made, which was not proposed"
    named = [str(each.checkpoint.get("name") or "") for each in own if each.checkpoint]
    return f"the checkpoint {named[0][:100]}".strip() if named else ""
