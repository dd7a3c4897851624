"""What a proposal says of the sweep that its training is the best of, as a table. Pure.

Inputs are people's own words, and metrics a script's: both are shown as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deepcat.review.comment import code, plain

if TYPE_CHECKING:
    from deepcat.records.trainings import Training

_MOST, _MOST_INPUTS, _MOST_SHOWN = 30, 6, 60
_NONE = "–"


@dataclass(frozen=True, slots=True)
class Sweep:
    """Trainings of one sweep.

    Attributes:
        metric: by which they are compared.
        names: of the inputs that differ.
        rows: the best first: id, inputs, value of the metric or None, how it ended.
    """

    metric: str
    names: tuple[str, ...]
    rows: tuple[tuple[str, Mapping[str, Any], float | None, str], ...]


def sweep_of(training: Training, every: Iterable[Training], *, higher: bool) -> Sweep | None:
    """The sweep that a training is of; None where it is of none.

    Args:
        training: that is proposed.
        every: all trainings that are known.
        higher: whether more of the metric is better.
    """
    own = [each for each in every if each.sweep and each.sweep == training.sweep]
    if not own:
        return None
    sign = -1.0 if higher else 1.0

    def order(each: Training) -> tuple[bool, float, str]:
        value = each.came_to(training.metric)
        return value is None, sign * (value or 0.0), each.training

    given = {name for each in own for name in each.inputs}
    differing = [name for name in sorted(given) if len({_text(e.inputs, name) for e in own}) > 1]
    rows = tuple(
        (
            each.training,
            each.inputs,
            each.came_to(training.metric),
            each.stopped or each.state,
        )
        for each in sorted(own, key=order)
    )
    return Sweep(training.metric, tuple(differing[:_MOST_INPUTS]), rows)


def lines(sweep: Sweep | None, training: str) -> Iterator[str]:
    """The table, with the training that is proposed in bold."""
    if sweep is None:
        return
    yield f"\n**The sweep**: {len(sweep.rows)} trainings, the best by {plain(sweep.metric)} first\n"
    yield f"| training | {' | '.join(map(plain, (sweep.metric, *sweep.names)))} | ended |"
    yield f"|---|---:|{'---|' * len(sweep.names)}---|"
    for name, inputs, value, state in sweep.rows[:_MOST]:
        shown = f"**{code(name)}**" if name == training else code(name)
        given = [code(_text(inputs, each)).replace("|", "\\|") or _NONE for each in sweep.names]
        told = _NONE if value is None else f"{value:.6g}"
        yield f"| {' | '.join((shown, told, *given, plain(state)))} |"
    if len(sweep.rows) > _MOST:
        yield f"\n{len(sweep.rows) - _MOST} more are not shown."


def _text(inputs: Mapping[str, Any], name: str) -> str:
    return json.dumps(inputs[name], ensure_ascii=False)[:_MOST_SHOWN] if name in inputs else ""
