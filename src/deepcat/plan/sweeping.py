"""Which inputs a sweep tries next: a grid, or points by chance. Pure.

A sweep holds no state. What it tries follows from its seed and from what its trials came to so far,
so whoever goes on with one that was cut off tries what would have come next.
"""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from deepcat.catalog.judging.sweeping import MOST, Sweep, at, grid_values, size

Point: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trial:
    """A point that was tried.

    Attributes:
        point: its inputs.
        value: of the metric; None where the trial failed.
        pruned: its last value where it was stopped early, for it was worse than others; else None.
    """

    point: Point
    value: float | None
    pruned: float | None = None


def following(
    sweep: Sweep, tried: Sequence[Trial], running: Sequence[Point], most: int
) -> list[Point]:
    """The next points, none that was tried or runs; fewer, or none, when the sweep is through.

    Of the method ``tpe`` `deepcat.loop.tuned` knows them.

    Args:
        sweep: what is to be tried.
        tried: in the order in which they were begun.
        running: those that have no end yet.
        most: how many are wanted.
    """
    done = [each.point for each in tried] + list(running)
    left = min(most, size(sweep) - len(done))
    if left <= 0:
        return []
    known = {key(each) for each in done}
    source = _grid(sweep) if sweep.method == "grid" else _by_chance(sweep)
    fresh = (each for each in source if key(each) not in known)
    return list(itertools.islice(fresh, left))


def best(sweep: Sweep, tried: Iterable[Trial]) -> Trial | None:
    """The trial whose metric is best, the first of equal ones; None where none has any."""
    known = [each for each in tried if each.value is not None and math.isfinite(each.value)]
    sign = -1 if sweep.higher else 1
    return min(known, key=lambda each: sign * (each.value or 0.0), default=None)


def _grid(sweep: Sweep) -> Iterable[Point]:
    names = [each.name for each in sweep.axes]
    rows = itertools.product(*(grid_values(each) for each in sweep.axes))
    return (dict(zip(names, row, strict=True)) for row in rows)


def _by_chance(sweep: Sweep) -> Iterable[Point]:
    """Points of one seed, each once; they end when chance finds no new one any more."""
    chance, seen, stale = random.Random(sweep.seed), set[str](), 0  # noqa: S311 - no secret
    while stale < MOST:
        point = {
            each.name: chance.choice(each.values) if each.values else at(each, chance.random())
            for each in sweep.axes
        }
        if key(point) in seen:
            stale += 1
            continue
        stale = 0
        seen.add(key(point))
        yield point


def key(point: Mapping[str, Any]) -> str:
    """Equal for points that are."""
    return json.dumps(point, sort_keys=True)
