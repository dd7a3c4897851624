"""A grid of trainings: one for each point, some of them side by side, the best at the end."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.cli.say import say
from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.records.store import Store
    from deepcat.records.trainings import Training

MOST = 200
# Of a wish without a file: the grid that it is a point of.
KEY = "x-sweep"
_PAUSE_S = 2.0


def points(
    axes: Sequence[str], given: Mapping[str, Any], trials: int | None, seed: int
) -> list[dict[str, Any]]:
    """The inputs of each point, each once.

    Args:
        axes: ``NAME=VALUE,VALUE,…`` each.
        given: inputs that all points share.
        trials: so many of them at most, chosen by `seed`; all when None.
        seed: of the choice.

    Raises:
        UsageError: one is no axis, or there are too many points.
    """
    from deepcat.cli.topology import given as read

    held: dict[str, list[Any]] = {}
    for axis in axes:
        name, _, values = axis.partition("=")
        found = [read([f"{name}={each}"])[name] for each in values.split(",") if each]
        if not found or name in held or name in given:
            hint = "such as --grid lr=0.1,0.01, each input once"
            raise UsageError(f"`{axis}` is no axis of a grid", hint=hint)
        held[name] = list({json.dumps(each): each for each in found}.values())
    size = 1
    for values_ in held.values():
        size *= len(values_)
    if min(size, trials or size) > MOST or size > 100_000:
        raise UsageError(f"{size:,} points are too many", hint=f"at most {MOST}; see `--trials`")
    every = [{**given, **dict(zip(held, each, strict=True))} for each in _product(held)]
    if trials is not None and trials < len(every):
        every = random.Random(seed).sample(every, trials)  # noqa: S311 - not for secrecy
    return every


def _product(held: Mapping[str, Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    return itertools.product(*held.values())


def name_of(wishes: Sequence[Mapping[str, Any]]) -> str:
    """What tells a grid from others."""
    text = json.dumps(sorted(json.dumps(each, sort_keys=True) for each in wishes))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def run(
    root: Path, store: Store, wishes: Mapping[str, Mapping[str, Any]], parallel: int
) -> tuple[Training, ...]:
    """Train all points; gives what came of them.

    One that is trained already, here or by a command that was cut off, is not trained again.

    Args:
        root: the catalog's folder.
        store: the records.
        wishes: deployment -> what a file would say.
        parallel: so many at a time.
    """
    waiting, begun = list(wishes), list[str]()
    found: dict[str, tuple[Training, ...]] = {}
    while waiting or begun:
        room = parallel - len(begun)
        if waiting and room > 0:
            due, waiting = waiting[:room], waiting[room:]
            begun += _begin(root, store, {name: wishes[name] for name in due})
        seen = _now(root, store, wishes)
        for name in list(begun):
            found[name] = seen.get(name, ())
            if all(each.is_over for each in found[name]):
                begun.remove(name)
                for each in found[name]:
                    say("{}: {}  {}", name, each.state, _inputs(each))
        if begun:
            time.sleep(_PAUSE_S)
    seen = _now(root, store, wishes)
    return tuple(each for name in wishes for each in seen.get(name, ()))


def _begin(root: Path, store: Store, wishes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Begin those that are not trained yet; gives the names of all that may go on now."""
    from deepcat.cli import operations, training_runs
    from deepcat.loop.jobs import jobs
    from deepcat.loop.observed import as_it_is
    from deepcat.loop.world import gather, only

    gathered = gather(root, store=store, asked=wishes)
    plan = only(as_it_is(root, gathered).plan(), tuple(wishes))
    for name, why in plan.refusals.items():
        say("✗ {}: {}", name, "; ".join(why), fg="red")
    if not plan.is_empty:
        due = jobs(plan.changes, gathered)
        outcomes = training_runs.carry(root, store, gathered, due, quiet=True)
        operations.tell([each for each in outcomes if not each.ok], root)
    return [name for name in wishes if name not in plan.refusals]


def _now(
    root: Path, store: Store, wishes: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[Training, ...]]:
    """Deployment -> its trainings of its last run."""
    from deepcat.cli.training_runs import looked

    seen, records = looked(root, store, wishes)
    return {name: seen.of(name, records[name].state.run) for name in wishes if name in records}


def _inputs(training: Training) -> str:
    return ", ".join(f"{name}={value}" for name, value in training.inputs.items())[:200]
