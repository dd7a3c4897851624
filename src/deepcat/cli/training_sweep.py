"""The trainings of a sweep, one after the other, until there is no more to try."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from deepcat.cli.say import say, say_json

if TYPE_CHECKING:
    from deepcat.loop.sweeps import Asked, Course
    from deepcat.loop.world import Gathered
    from deepcat.plan.trial import TrialOf
    from deepcat.plan.values import Plan
    from deepcat.records.store import Store

FORMAT = "deepcat-sweep/v1"
_PAUSE_S = 2.0


# Begins what is due; gives the names of those that are refused.
Begin: TypeAlias = "Callable[[Course], set[str]]"


def run(root: Path, store: Store, asked: Asked, begin: Begin, *, quiet: bool) -> Course:
    """Train all points; gives what came of them.

    It keeps nothing: whoever begins the same sweep anew goes on with it, and what is trained
    already is not trained again.
    """
    from deepcat.cli.training_runs import looked
    from deepcat.loop.sweeps import course_of, without_left
    from deepcat.plan.trial import SWEEP

    begun: set[str] = {
        n for n, r in store.read_all().items() if r.state.asked.get(SWEEP) == asked.name
    }
    refused, said = set[str](), set[str]()
    while True:
        seen, records = looked(root, store, begun)
        course = course_of(asked, without_left(records), seen, store.read_curves, refused)
        if not quiet:
            rows(course, said)
        if course.is_over:
            return course
        refused |= begin(course) if course.due else set()
        begun |= {*course.running, *course.due} - refused
        stop_worse(root, store, course.worse)
        time.sleep(_PAUSE_S)


def foresee(
    root: Path, asked: Asked, points: Sequence[Mapping[str, Any]], *, as_json: bool
) -> bool:
    """Say what a sweep would do, and the most that it takes; whether its first point has a place.

    Args:
        root: the catalog's folder.
        asked: the sweep.
        points: the first of it, one at least.
        as_json: whether to print JSON alone.
    """
    from deepcat.cli.training_wish import prove
    from deepcat.loop.observed import as_it_is
    from deepcat.loop.world import gather, only
    from deepcat.plan.render import place
    from deepcat.plan.trial import most_cost

    share = asked.cost / min(len(points), asked.parallel)
    name, wish = asked.named(dict(points[0])), asked.wished(dict(points[0]), share)
    prove(root, name, wish)
    gathered = as_it_is(root, gather(root, asked={name: wish}))
    plan = only(gathered.plan(), (name,))
    trial = replace(asked.place(1), currency=gathered.currency)
    change = next((each for each in plan.changes if each.offer is not None), None)
    price = change.price_hour if change else None
    where = place(change, change.offer) if change and change.offer else ""
    rows = [{"deployment": asked.named(dict(each)), "inputs": each} for each in points]
    if as_json:
        bound = {
            "trainings": trial.most,
            "parallel": trial.parallel,
            "seconds": trial.seconds * trial.most,
            "cost": most_cost(trial, price or 0.0),
            "price_hour": price,
            "where": where,
            "currency": gathered.currency,
            "refusals": plan.refusals.get(name, ()),
        }
        say_json({"format": FORMAT, "sweep": asked.name, "metric": asked.metric, "trials": rows,
                  "bound": bound})  # fmt: skip
        return not plan.refusals
    for row in rows:
        say("{}  {}", row["deployment"], json.dumps(row["inputs"], ensure_ascii=False))
    _say_bound(trial, price, where)
    for why in plan.refusals.get(name, ()):
        say("✗ {}: {}", name, why, fg="red", err=True)
    return not plan.refusals


def _say_bound(trial: TrialOf, price: float | None, where: str) -> None:
    from deepcat.plan.render import money
    from deepcat.plan.trial import bound

    say("At most {} trainings, {} side by side", trial.most, trial.parallel, nl=False)
    if price is None:
        say("")
        return
    say(": {}; on {}, {} an hour each", bound(trial, price), where,
        money(price, trial.currency))  # fmt: skip


def begin_asked(root: Path, store: Store, course: Course) -> set[str]:
    """Begin those that are due of a sweep that has no file."""
    from deepcat.cli.training_wish import prove
    from deepcat.loop.observed import as_it_is
    from deepcat.loop.world import gather, only

    for name, wish in course.due.items():
        prove(root, name, wish)
    gathered = as_it_is(root, gather(root, store=store, asked=course.due))
    return _carried(root, store, gathered, only(gathered.plan(), tuple(course.due)))


def begin_wished(root: Path, store: Store, commit: str, course: Course) -> set[str]:
    """Begin those that are due of a sweep that a file asks for, as it stands in a commit."""
    from deepcat.loop.observed import as_it_is
    from deepcat.loop.world import gather, only

    gathered = as_it_is(root, gather(root, commit, store=store))
    trials = gathered.sweeps.trials
    named = (course.asked.of,) if course.asked.of in trials else ()
    return (
        _carried(root, store, gathered, only(gathered.plan(), named, trials))
        if named
        else set(course.due)
    )


def _carried(root: Path, store: Store, gathered: Gathered, plan: Plan) -> set[str]:
    from deepcat.cli import operations, training_runs
    from deepcat.loop.jobs import jobs

    for name, why in plan.refusals.items():
        say("✗ {}: {}", name, "; ".join(why), fg="red", err=True)
    if not plan.is_empty:
        due = jobs(plan.changes, gathered)
        outcomes = training_runs.carry(root, store, gathered, due, quiet=True)
        operations.tell([each for each in outcomes if not each.ok], root)
    return {*plan.refusals}


def stop_worse(root: Path, store: Store, names: tuple[str, ...]) -> None:
    """Stop trials early that are worse than most others; they keep their checkpoints."""
    from deepcat.cli import training_runs
    from deepcat.loop.again import gathered_for, stopped
    from deepcat.records.told_trainings import PRUNED

    for name in names:
        gathered = gathered_for(root, store, name)
        job = stopped(gathered, name, PRUNED)
        training_runs.carry(root, store, gathered, (job,), quiet=True)


def rows(course: Course, said: set[str]) -> None:
    """Say what has ended and was not said yet."""
    from deepcat.catalog.judging.sweeping import size

    asked = course.asked
    for name, point in course.points.items():
        if name in course.running or name in said:
            continue
        said.add(name)
        training, value = course.trainings.get(name), course.value(name)
        state = (training.stopped or training.state) if training else "failed"
        shown = "-" if value is None else f"{value:.6g}"
        say("{}/{}  {}  {} {}  {}", len(said), size(asked.sweep), state, asked.metric, shown,
            words(point))  # fmt: skip


def words(point: Mapping[str, object]) -> str:
    """A point in a line."""
    return ", ".join(f"{key}={each}" for key, each in point.items())[:200]


def wished(
    root: Path, store: Store, gathered: Gathered, names: Sequence[str], *, follow: bool, quiet: bool
) -> list[Course]:
    """How far the sweeps of these wishes are now; told unless `quiet`.

    Args:
        root: the catalog's folder.
        store: the records.
        gathered: that holds the sweeps.
        names: of the deployments that ask for them.
        follow: whether to go on until there is no more to try.
        quiet: whether nothing is said.
    """
    from deepcat.loop.sweeps import course_of
    from deepcat.loop.trainings import look

    found = []
    for name in names:
        asked = gathered.sweeps.courses[name].asked
        if follow:
            begin = partial(begin_wished, root, store, gathered.commit)
            found.append(run(root, store, asked, begin, quiet=quiet))
        else:
            records = store.read_all()
            now = look(root, records, store.read_trainings(), gathered.catalog.clouds)
            found.append(course_of(asked, records, now))
        if not quiet:
            tell(found[-1])
    return found


def tell(course: Course) -> None:
    """Say how far a sweep is that a file asks for, and which training is the best."""
    from deepcat.catalog.judging.sweeping import size

    asked, best = course.asked, course.best
    most, tried = size(asked.sweep), len(course.tried)
    say("{}: {} of at most {} tried, {} going on", asked.of, tried, most, len(course.running))
    if best is not None:
        value = best.metrics[asked.metric]
        say("  the best by {}: {} with {:.6g}", asked.metric, best.deployment, value)
    if not course.is_over:
        say("  `deepcat apply --follow {}` or the watch goes on with it", asked.of)
    elif best is not None:
        say("  `deepcat propose {}` opens a pull request with it", asked.of)


def plain(course: Course) -> dict[str, Any]:
    """A sweep for a program."""
    best = course.best
    rows = [row(course, name) for name in course.points]
    return {
        "sweep": course.asked.name,
        "metric": course.asked.metric,
        "trials": rows,
        "best": best.deployment if best else "",
        **({"deployment": course.asked.of, "over": course.is_over} if course.asked.of else {}),
    }


def row(course: Course, name: str) -> dict[str, Any]:
    """A trial for a program."""
    training = course.trainings.get(name)
    return {
        "deployment": name,
        "inputs": course.points[name],
        "training": training.training if training else "",
        "state": training.state if training else "",
        "stopped": training.stopped if training else "",
        "value": course.value(name),
    }
