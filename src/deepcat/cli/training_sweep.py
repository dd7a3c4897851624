"""The trainings of a sweep: each point once, some side by side, until there is no more to try."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.cli.say import say

if TYPE_CHECKING:
    from deepcat.plan.sweeping import Point, Sweep, Trial
    from deepcat.records.store import Store
    from deepcat.records.trainings import Training

# Of a wish without a file: the sweep that it was last a trial of.
KEY = "x-sweep"
_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sweep is asked for.

    Attributes:
        name: that tells it from others.
        sweep: what is to be tried.
        wish: what a file would say, but for the inputs that differ.
        metric: by which trials are compared.
        parallel: so many go side by side.
        cost: of all of them; no more are begun once it is reached. 0 for no bound.
    """

    name: str
    sweep: Sweep
    wish: Mapping[str, Any]
    metric: str
    parallel: int
    cost: float = 0.0

    def wished(self, point: Point) -> dict[str, Any]:
        """What a file would say of one trial."""
        return {**self.wish, "inputs": {**self.wish.get("inputs", {}), **point}}


@dataclass(slots=True)
class Told:
    """What has come of a sweep.

    Attributes:
        trials: in the order of their ends.
        trainings: deployment -> its training; those that could not begin have none.
        points: deployment -> its inputs, in the order in which they were begun.
    """

    trials: list[Trial] = field(default_factory=list)
    trainings: dict[str, Training] = field(default_factory=dict)
    points: dict[str, Point] = field(default_factory=dict)


def run(root: Path, store: Store, asked: Asked, *, quiet: bool) -> Told:
    """Train all points; gives what came of them.

    It keeps nothing: whoever begins the same sweep anew asks for the same points in the same order,
    and what is trained already is not trained again. Optuna's points follow from ends, so they come
    in rounds.
    """
    from deepcat.loop.tuned import following

    told, running = Told(), list[str]()
    while True:
        in_rounds = asked.sweep.method == "tpe"
        room = 0 if in_rounds and running else asked.parallel - len(running)
        spent = sum(each.cost for each in told.trainings.values())
        if asked.cost and spent >= asked.cost:
            room = 0
        now = [told.points[name] for name in running]
        due = following(asked.sweep, told.trials, now, room) if room > 0 else []
        if not due and not running:
            return told
        running += _begin(root, store, asked, due, told)
        running = _ended(root, store, asked, running, told, quiet=quiet)
        if running:
            time.sleep(_PAUSE_S)


def _begin(
    root: Path, store: Store, asked: Asked, points: Sequence[Point], told: Told
) -> list[str]:
    """Begin those that are not trained yet; gives the names of all that may go on now."""
    from deepcat.cli import operations, training_runs
    from deepcat.cli.training_wish import name_of, prove
    from deepcat.loop.jobs import jobs
    from deepcat.loop.observed import as_it_is
    from deepcat.loop.world import gather, only
    from deepcat.plan.sweeping import Trial

    wishes = {}
    for point in points:
        wish = asked.wished(point)
        name = name_of(wish)
        prove(root, name, wish)
        wishes[name] = {**wish, KEY: asked.name}
        told.points[name] = point
    if not wishes:
        return []
    gathered = gather(root, store=store, asked=wishes)
    plan = only(as_it_is(root, gathered).plan(), tuple(wishes))
    for name, why in plan.refusals.items():
        say("✗ {}: {}", name, "; ".join(why), fg="red", err=True)
        told.trials.append(Trial(told.points[name], None))
    if not plan.is_empty:
        due = jobs(plan.changes, gathered)
        outcomes = training_runs.carry(root, store, gathered, due, quiet=True)
        operations.tell([each for each in outcomes if not each.ok], root)
    return [name for name in wishes if name not in plan.refusals]


def _ended(
    root: Path, store: Store, asked: Asked, running: Sequence[str], told: Told, *, quiet: bool
) -> list[str]:
    """Note what has ended; gives the names of what has not."""
    from deepcat.cli.training_runs import looked
    from deepcat.plan.sweeping import Trial

    if not running:
        return []
    seen, records = looked(root, store, running)
    left = []
    for name in running:
        found = seen.of(name, records[name].state.run) if name in records else ()
        if found:
            told.trainings[name] = found[0]
        if any(not each.is_over for each in found):
            left.append(name)
            continue
        value = _value(found[0], asked.metric) if found else None
        told.trials.append(Trial(told.points[name], value))
        if not quiet:
            _row(len(told.trials), asked, told, name, value)
    return left


def _row(number: int, asked: Asked, told: Told, name: str, value: float | None) -> None:
    from deepcat.plan.sweeping import size

    state = told.trainings[name].state if name in told.trainings else "failed"
    shown = "-" if value is None else f"{value:.6g}"
    inputs = ", ".join(f"{key}={each}" for key, each in told.points[name].items())
    say("{}/{}  {}  {} {}  {}", number, size(asked.sweep), state, asked.metric, shown, inputs[:200])


def _value(training: Training, metric: str) -> float | None:
    """The metric of a training that ended well, or was stopped for it got no better."""
    is_well = training.state == "ended" or training.stopped == "stopped"
    return training.metrics.get(metric) if is_well else None
