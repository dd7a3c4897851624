"""Sweeps on their way: what was tried, what runs, what is due next; whoever asked for them.

Nothing of that is kept but the records: a trial is a wish without a file, and its training says
which sweep it is of. So whoever goes on with a sweep that was cut off tries what is left.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deepcat.catalog.judging.sweeping import Axis, Sweep, size
from deepcat.loop.asked import is_over, name_of
from deepcat.loop.tuned import following, worse
from deepcat.plan.sweeping import Point, Trial, best, key
from deepcat.plan.trial import METRIC, OF, SWEEP, TrialOf
from deepcat.plan.values import Status
from deepcat.quantities import TIMES
from deepcat.records.locks import locks
from deepcat.records.told_trainings import PRUNED

if TYPE_CHECKING:
    from deepcat.loop.trainings import Seen
    from deepcat.records.curves import Curves
    from deepcat.records.record import Record
    from deepcat.records.trainings import Training

# A deployment's name has at most 63 letters.
_LONGEST = 54
_GOES = (Status.RUNNING, Status.PENDING)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sweep is asked for.

    Attributes:
        name: that tells it from others.
        sweep: what is to be tried.
        wish: what a file would say of each trial, but for the inputs that differ.
        metric: by which trials are compared.
        parallel: so many go side by side.
        cost: of all of them; no trial may pass its share of what is left. 0 for no bound.
        prune: whether what is worse than most others is stopped early.
        of: the deployment whose file asks for it; empty for a command.
    """

    name: str
    sweep: Sweep
    wish: Mapping[str, Any]
    metric: str
    parallel: int
    cost: float = 0.0
    prune: bool = False
    of: str = ""

    def wished(self, point: Point, cost: float = 0.0) -> dict[str, Any]:
        """What a file would say of one trial.

        Args:
            point: its inputs.
            cost: that it may have; 0 for no bound.
        """
        own = {**self.wish, "inputs": {**self.wish.get("inputs", {}), **point}}
        named = {SWEEP: self.name, METRIC: self.metric}
        if cost:
            own["limits"] = {**self.wish.get("limits", {}), "cost": float(f"{cost:.6g}")}
        return {**own, **named, **({OF: self.of} if self.of else {})}

    def place(self, number: int) -> TrialOf:
        """One trial's place, by its number from 1, with the bounds of all."""
        seconds = float(TIMES.read((self.wish.get("limits") or {}).get("time")) or 0)
        return TrialOf(self.of, number, size(self.sweep), self.parallel, seconds, self.cost)

    def named(self, point: Point) -> str:
        """The deployment's name of one trial."""
        if not self.of:
            return name_of({**self.wish, "inputs": {**self.wish.get("inputs", {}), **point}})
        start = self.of[:_LONGEST].rstrip("-")
        return f"{start}-{digest([self.of, self.name, key(point)])[:8]}"


@dataclass(frozen=True, slots=True)
class Course:
    """A sweep on its way.

    Attributes:
        asked: what it is asked for.
        points: deployment -> its inputs, of all that were begun, in that order.
        trainings: deployment -> its newest training; those that could not begin have none.
        tried: those that are over.
        running: deployments that are not.
        due: deployment -> what a file would say of it, of those that are to begin now.
        worse: those that run and are to be stopped early.
    """

    asked: Asked
    points: Mapping[str, Point]
    trainings: Mapping[str, Training]
    tried: tuple[Trial, ...]
    running: Mapping[str, Mapping[str, Any]]
    due: Mapping[str, Mapping[str, Any]]
    worse: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether there is no more to try, as far as its bounds go."""
        return not self.running and not self.due

    @property
    def best(self) -> Training | None:
        """The training whose metric is best."""
        found = best(self.asked.sweep, self.tried)
        names = {key(point): name for name, point in self.points.items()}
        return self.trainings.get(names[key(found.point)]) if found else None

    def value(self, name: str) -> float | None:
        """The metric of a trial; None where it is not over, or came to nothing."""
        training = self.trainings.get(name)
        return training.came_to(self.asked.metric) if training and training.is_over else None

    def places(self) -> dict[str, TrialOf]:
        """What a plan says of each that runs, or is due."""
        order = [*self.points, *self.due]
        return {
            name: self.asked.place(order.index(name) + 1) for name in (*self.running, *self.due)
        }


def course_of(
    asked: Asked,
    records: Mapping[str, Record],
    seen: Seen,
    curves: Callable[[str], Curves] = lambda _: {},
    refused: Collection[str] = (),
) -> Course:
    """How far a sweep is, and what is due.

    Args:
        asked: what it is asked for.
        records: by deployment's name.
        seen: all trainings, as they hold now.
        curves: of a training by its id, as they are recorded.
        refused: deployments that no plan places; they count as tried.

    Raises:
        DeepcatError: its method, or its pruning, needs what is not installed.
    """
    newest = _newest(records, seen)
    points = _points(asked, records, newest)
    while True:
        trainings = {name: newest[name] for name in points if name in newest}
        running = {
            name: _wish_again(asked, point, records.get(name))
            for name, point in points.items()
            if name not in refused and _goes(records.get(name), newest.get(name))
        }
        tried = tuple(
            _trial(asked, point, newest.get(name))
            for name, point in points.items()
            if name not in running
        )
        due = _due(asked, points, trainings, tried, running)
        known = {name: point for name, point in due.items() if name in records or name in refused}
        if not known:
            break
        points |= known  # another sweep has tried it
    late = _worse(asked, trainings, running, seen, curves) if asked.prune else ()
    share = _share(asked, trainings, running) / max(len(due), 1)
    wishes = {name: asked.wished(point, share) for name, point in due.items()}
    return Course(asked, points, trainings, tried, running, wishes, late)


def without_left(records: Mapping[str, Record]) -> dict[str, Record]:
    """Without those that were only noted, by somebody who is known to be dead.

    To whoever goes on with a sweep they are not begun yet; its run takes over what is noted.
    """
    dead = {each.deployment for each in locks(records) if each.lives is False}
    return {
        name: record
        for name, record in records.items()
        if name not in dead or record.state.run or record.state.asked
    }


def declared(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The inputs of a module's training, by name."""
    training = data.get("training")
    found = training.get("inputs") if isinstance(training, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _newest(records: Mapping[str, Record], seen: Seen) -> dict[str, Training]:
    """Deployment -> the newest training of its last run."""
    found: dict[str, Training] = {}
    for each in sorted(seen.trainings.values(), key=lambda e: (e.began or e.created, e.updated)):
        record = records.get(each.deployment)
        if record is None or not record.state.run or each.run == record.state.run:
            found[each.deployment] = each
    return found


def _points(
    asked: Asked, records: Mapping[str, Record], trainings: Mapping[str, Training]
) -> dict[str, Point]:
    """Deployment -> its inputs, the first that was begun first."""
    given = {name: each.inputs for name, each in trainings.items() if each.sweep == asked.name}
    for name, record in records.items():
        if record.state.asked.get(SWEEP) == asked.name:
            given[name] = record.state.asked.get("inputs") or {}
    order = {name: each.created for name, each in trainings.items()}
    names = sorted(given, key=lambda name: (order.get(name, "9"), name))
    return {
        name: {axis.name: _as_swept(axis, given[name][axis.name]) for axis in asked.sweep.axes}
        for name in names
        if all(axis.takes(given[name].get(axis.name)) for axis in asked.sweep.axes)
    }


def _as_swept(axis: Axis, value: Any) -> Any:
    """A value as the sweep has it, where a topology has made a float of it."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if axis.whole and is_number else value


def _goes(record: Record | None, training: Training | None) -> bool:
    if training is not None:
        return not training.is_over
    if record is None or is_over(record):
        return False
    return bool(record.intent) or record.state.status in _GOES


def _trial(asked: Asked, point: Point, training: Training | None) -> Trial:
    if training is None:
        return Trial(point, None)
    last = training.metrics.get(asked.metric) if training.stopped == PRUNED else None
    return Trial(point, training.came_to(asked.metric), last)


def _wish_again(asked: Asked, point: Point, record: Record | None) -> dict[str, Any]:
    """What a file would say of one that runs: with the share of the cost that it was given."""
    kept = record.state.asked.get("limits") if record else None
    return asked.wished(point, float((kept or {}).get("cost") or 0.0))


def _due(
    asked: Asked,
    points: Mapping[str, Point],
    trainings: Mapping[str, Training],
    tried: Sequence[Trial],
    running: Mapping[str, Mapping[str, Any]],
) -> dict[str, Point]:
    """What begins now, by the names that they get."""
    room = asked.parallel - len(running)
    if room <= 0 or (asked.cost and not _share(asked, trainings, running)):
        return {}
    now = [points[name] for name in running]
    return {asked.named(each): each for each in following(asked.sweep, tried, now, room)}


def _share(
    asked: Asked,
    trainings: Mapping[str, Training],
    running: Mapping[str, Mapping[str, Any]],
) -> float:
    """What may still be begun with; 0 for nothing, and where there is no bound."""
    left = asked.cost - sum(each.cost for each in trainings.values())
    for name, wish in running.items():
        may = float((wish.get("limits") or {}).get("cost") or 0.0)
        left -= max(0.0, may - (trainings[name].cost if name in trainings else 0.0))
    return left if left > asked.cost * 1e-6 else 0.0


def _worse(
    asked: Asked,
    trainings: Mapping[str, Training],
    running: Collection[str],
    seen: Seen,
    curves: Callable[[str], Curves],
) -> tuple[str, ...]:
    """Those that run whose metric is worse than most others' was at the same step."""

    def curve(name: str) -> list[tuple[float, float]]:
        one = trainings[name].training
        known = seen.curves[one] if one in seen.curves else curves(one)
        return [(each[0], each[-1]) for each in known.get(asked.metric, ())]

    ended = [name for name, each in trainings.items() if each.came_to(asked.metric) is not None]
    going = {name: curve(name) for name in running if name in trainings}
    if not going:
        return ()
    late = worse([curve(name) for name in ended], going.values(), higher=asked.sweep.higher)
    return tuple(name for name, is_late in zip(going, late, strict=True) if is_late)


def digest(value: Any) -> str:
    """What tells plain data from other data."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
