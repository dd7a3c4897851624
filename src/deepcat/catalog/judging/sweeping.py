"""What a sweep is: which inputs of a training differ, and what each may be. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from deepcat.catalog.judging.declared import wrong
from deepcat.catalog.wording import shown
from deepcat.errors import DeepcatError

METHODS: Final = ("grid", "random", "tpe")
# More are asked of no cloud by one command.
MOST: Final = 1000
# Where a wish does not say it.
TRIALS: Final = 10
PARALLEL: Final = 2
# The word for all values that the module declares of an input.
DECLARED: Final = "declared"
_NUMBER = r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?"
_WORD = re.compile(
    rf"(?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER})(?P<log>:log)?(?:/(?P<count>\d{{1,4}}))?\Z"
)


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

    def takes(self, value: Any) -> bool:
        """Whether it may be this value."""
        if self.values:
            return value in self.values
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and self.low <= value <= self.high


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
    own = _input(name, declared)
    kind = str(own.get("type"))
    if kind == "boolean" and not words:
        return Axis(name, (False, True))
    if not words:
        return _declared(name, own, kind)
    found = _WORD.match(words)
    if found is None:
        values = _listed(name, words, kind)
        return Axis(name, _within(name, values, own), whole=kind == "integer")
    if kind not in ("integer", "number"):
        raise _bad(f"`{name}` is a {kind}, and has no range", f"list its values: `{name}=a,b`")
    low, high = _number(name, found["low"], kind), _number(name, found["high"], kind)
    _within(name, (low, high), own)
    return _ranged(name, (low, high), kind, log=bool(found["log"]), count=int(found["count"] or 0))


def sweep_of(said: Mapping[str, Any], declared: Mapping[str, Any], *, higher: bool) -> Sweep:
    """What a wish says under `sweep`.

    Args:
        said: as its file has it; it fits the schema.
        declared: as of `axis`.
        higher: whether more of the metric is better.

    Raises:
        DeepcatError: it cannot be carried out (``training/sweep``).
    """
    found = Sweep(
        tuple(_axis_of(name, values, declared) for name, values in said["over"].items()),
        str(said.get("method") or METHODS[1]),
        int(said.get("trials") or TRIALS),
        int(said.get("seed") or 0),
        higher,
    )
    check(found)
    return found


def _axis_of(name: str, values: Any, declared: Mapping[str, Any]) -> Axis:
    if not isinstance(values, list | tuple):
        return axis(name if values == DECLARED else f"{name}={values}", declared)
    own = _input(name, declared)
    kind = str(own.get("type"))
    is_text = kind in ("integer", "number")
    found = [_number(name, str(each), kind) if is_text else each for each in values]
    whole = kind == "integer"
    once = tuple(dict.fromkeys(int(each) if whole else each for each in found))
    return Axis(name, _within(name, once, own), whole=whole)


def _input(name: str, declared: Mapping[str, Any]) -> Mapping[str, Any]:
    """An input as its module declares it.

    Raises:
        DeepcatError: there is none (``training/sweep``).
    """
    own = declared.get(name)
    if not isinstance(own, Mapping):
        known = ", ".join(sorted(declared)) or "none"
        raise _bad(f"the module's training has no input {name[:64]!r}", f"it has: {known}")
    return own


def _within(name: str, values: tuple[Any, ...], own: Mapping[str, Any]) -> tuple[Any, ...]:
    """The values, which the module takes."""
    for each in values:
        if why := wrong(each, own):
            plain = int(each) if isinstance(each, float) and each.is_integer() else each
            raise _bad(
                f"`{name}` may not be {shown(plain)}: it {why}", "sweep what the module takes"
            )
    return values


def size(sweep: Sweep) -> int:
    """How many points it has at most."""
    if sweep.method != "grid":
        return sweep.trials
    return math.prod(len(grid_values(each)) for each in sweep.axes)


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


def grid_values(each: Axis) -> tuple[Any, ...]:
    """What a grid has of one input."""
    if each.values:
        return each.values
    parts = max(1, each.count - 1)
    found = [at(each, n / parts) for n in range(each.count)]
    return tuple(dict.fromkeys(found))


def at(each: Axis, share: float) -> Any:
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


def _bad(message: str, hint: str) -> DeepcatError:
    return DeepcatError(message, hint=hint, code="training/sweep")
