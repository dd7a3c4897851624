"""Which inputs a sweep tries next: a grid, or points by chance. Pure.

A sweep holds no state. What it tries follows from its seed and from what its trials came to so far,
so whoever goes on with one that was cut off tries what would have come next.
"""

from __future__ import annotations

import itertools
import json
import math
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from deepcat.errors import DeepcatError

METHODS: Final = ("grid", "random", "tpe")
# More are asked of no cloud by one command.
MOST: Final = 1000
_NUMBER = r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?"
_WORD = re.compile(
    rf"(?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER})(?P<log>:log)?(?:/(?P<count>\d{{1,4}}))?\Z"
)
Point: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Axis:
    """What one input may be.

    Attributes:
        name: of the input.
        values: each that it may have; none for a range.
        low: the least of a range.
        high: the greatest.
        log: whether chance takes its logarithm.
        count: how many values of the range a grid has; 0 where that is not said.
        whole: whether they are integers.
    """

    name: str
    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    count: int = 0
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is to be tried.

    Attributes:
        axes: one for each input that differs.
        method: of `METHODS`.
        trials: at most so many points.
        seed: of all that is left to chance.
        higher: whether more of the metric is better.
    """

    axes: tuple[Axis, ...]
    method: str = "random"
    trials: int = 10
    seed: int = 0
    higher: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """A point that was tried.

    Attributes:
        point: its inputs.
        value: of the metric; None where the trial failed.
    """

    point: Point
    value: float | None


def axis(text: str, declared: Mapping[str, Any]) -> Axis:
    """An input's values as a person writes them.

    ``lr=0.1,0.01`` lists them; ``lr=1e-4..1e-1:log/4`` is a range, by logarithm, of which a grid
    has four; ``lr`` alone takes all that the module declares, its ``enum`` or its ends.

    Args:
        text: the words.
        declared: the inputs of the module, by name, as its `training` has them.

    Raises:
        DeepcatError: they mean nothing, or the module has no such input (``training/sweep``).
    """
    name, _, words = text.partition("=")
    own = declared.get(name)
    if not isinstance(own, Mapping):
        known = ", ".join(sorted(declared)) or "none"
        raise _bad(f"the module's training has no input {name[:64]!r}", f"it has: {known}")
    kind = str(own.get("type"))
    if kind == "boolean" and not words:
        return Axis(name, (False, True))
    if not words:
        return _declared(name, own, kind)
    found = _WORD.match(words)
    if found is None:
        return Axis(name, _listed(name, words, kind), whole=kind == "integer")
    if kind not in ("integer", "number"):
        raise _bad(f"`{name}` is a {kind}, and has no range", f"list its values: `{name}=a,b`")
    low, high = _number(name, found["low"], kind), _number(name, found["high"], kind)
    return _ranged(name, (low, high), kind, log=bool(found["log"]), count=int(found["count"] or 0))


def size(sweep: Sweep) -> int:
    """How many points it has at most."""
    if sweep.method != "grid":
        return sweep.trials
    return math.prod(len(_grid_values(each)) for each in sweep.axes)


def check(sweep: Sweep) -> None:
    """See that it can be carried out.

    Raises:
        DeepcatError: it cannot (``training/sweep``).
    """
    if not sweep.axes:
        raise _bad("nothing is to be swept", "name an input: `--over lr=1e-4..1e-1:log`")
    names = [each.name for each in sweep.axes]
    if twice := {name for name in names if names.count(name) > 1}:
        raise _bad(f"`{min(twice)}` is swept twice", "name each input once")
    if sweep.method == "grid":
        for each in sweep.axes:
            if not each.values and not each.count:
                hint = f"say how many of its values: `{each.name}={each.low:g}..{each.high:g}/4`"
                raise _bad(f"a grid needs values of `{each.name}`", hint)
    if size(sweep) > MOST:
        raise _bad(f"that are {size(sweep)} trainings, more than {MOST}", "sweep less")


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
    rows = itertools.product(*(_grid_values(each) for each in sweep.axes))
    return (dict(zip(names, row, strict=True)) for row in rows)


def _grid_values(each: Axis) -> tuple[Any, ...]:
    if each.values:
        return each.values
    parts = max(1, each.count - 1)
    found = [_at(each, n / parts) for n in range(each.count)]
    return tuple(dict.fromkeys(found))


def _by_chance(sweep: Sweep) -> Iterable[Point]:
    """Points of one seed, each once; they end when chance finds no new one any more."""
    chance, seen, stale = random.Random(sweep.seed), set[str](), 0  # noqa: S311 - no secret
    while stale < MOST:
        point = {
            each.name: chance.choice(each.values) if each.values else _at(each, chance.random())
            for each in sweep.axes
        }
        if key(point) in seen:
            stale += 1
            continue
        stale = 0
        seen.add(key(point))
        yield point


def _at(each: Axis, share: float) -> Any:
    """A value of a range at a share of its way."""
    if each.log:
        value = math.exp(math.log(each.low) + share * (math.log(each.high) - math.log(each.low)))
    else:
        value = each.low + share * (each.high - each.low)
    value = min(max(value, each.low), each.high)
    return round(value) if each.whole else float(f"{value:.6g}")


def _declared(name: str, own: Mapping[str, Any], kind: str) -> Axis:
    values = own.get("enum")
    if isinstance(values, list) and values:
        return Axis(name, tuple(values), whole=kind == "integer")
    low, high = own.get("minimum"), own.get("maximum")
    if low is None or high is None:
        raise _bad(f"the module does not say how far `{name}` goes", f"say it: `{name}=1..10`")
    return _ranged(name, (float(low), float(high)), kind, log=False, count=0)


def _ranged(name: str, ends: tuple[float, float], kind: str, *, log: bool, count: int) -> Axis:
    low, high = ends
    if not low < high:
        raise _bad(f"the range of `{name}` ends before it begins", "write the lesser value first")
    if log and low <= 0:
        raise _bad(f"`{name}` has no logarithm at {low:g}", "begin above 0, or leave `:log` out")
    return Axis(name, (), low, high, log, count, kind == "integer")


def _listed(name: str, words: str, kind: str) -> tuple[Any, ...]:
    parts = [each.strip() for each in words.split(",") if each.strip()]
    if kind == "boolean":
        if not {*parts} <= {"true", "false"}:
            raise _bad(f"`{name}` is true or false", f"write `{name}=true,false`")
        return tuple(dict.fromkeys(each == "true" for each in parts))
    found = [each if kind == "string" else _number(name, each, kind) for each in parts]
    if not found:
        raise _bad(f"`{name}` has no values", f"write `{name}=VALUE,VALUE`")
    whole = kind == "integer"
    return tuple(dict.fromkeys(int(each) if whole else each for each in found))


def _number(name: str, text: str, kind: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (kind == "integer" and value != int(value)):
        what = "an integer" if kind == "integer" else "a number"
        message = f"{text[:40]!r} is not {what}, as `{name}` is"
        raise _bad(message, f"write `{name}=1,2` or `{name}=1..2`")
    return value


def key(point: Mapping[str, Any]) -> str:
    """Equal for points that are."""
    return json.dumps(point, sort_keys=True)


def _bad(message: str, hint: str) -> DeepcatError:
    return DeepcatError(message, hint=hint, code="training/sweep")
