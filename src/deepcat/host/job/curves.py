"""A training's figures: what a line of its metrics says, and few points of many. Pure.

Whoever wrote the lines is a stranger: names, numbers and words are held against what they may be.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_METRICS, MOST_POINTS = 50, 200
# So many points are held before they become fewer.
_HELD, _MOST_WORDS = 1000, 200
_NAME = re.compile(r"(?!__)[A-Za-z0-9_][A-Za-z0-9_ ./:@%()+-]{0,63}\Z")
# What a terminal obeys, and what hides text or turns its direction.
_CONTROLS = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"
    r"|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_NO_NUMBERS = frozenset({"nan", "inf", "-inf", "+inf", "infinity", "-infinity"})
_OWN = frozenset({"step", "progress", "message", "time", "epoch"})
_LARGEST = 1e300
# So often in a row a figure that is no number is no accident.
DIVERGED = 3

Point = tuple[float, float, float]


@dataclass
class Curve:
    """One metric.

    Attributes:
        last: its last value that is a number; None for none.
        points: step, seconds since the training first began, and value.
        odd: how often in a row it was no number.
        joins: whether what comes next is of another attempt, which goes on from an earlier step.
    """

    last: float | None = None
    points: list[Point] = field(default_factory=list)
    odd: int = 0
    joins: bool = False

    def add(self, step: float, at: float, value: float) -> None:
        """One more value."""
        if not math.isfinite(value) or abs(value) > _LARGEST:
            self.odd += 1
            return
        if self.joins:
            self.points = [point for point in self.points if point[0] < step]
        self.odd, self.last, self.joins = 0, value, False
        self.points.append((step, at, value))
        if len(self.points) > _HELD:
            self.points = fewer(self.points, 2 * MOST_POINTS)


@dataclass
class Curves:
    """All that a training has told.

    Attributes:
        metrics: by name, in the order in which they were first told.
        progress: from 0 to 1; None where it does not say.
        message: its last words.
        lines: how many were taken.
        passed: how many were none, too long, or of too many metrics.
    """

    metrics: dict[str, Curve] = field(default_factory=dict)
    progress: float | None = None
    message: str = ""
    lines: int = 0
    passed: int = 0

    def take(self, line: bytes | str, at: float) -> None:
        """Take one line of JSON.

        Args:
            line: as the training wrote it.
            at: seconds since it first began.
        """
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            self.passed += 1
            return
        self.lines += 1
        step = _number(told.get("step"))
        progress = _number(told.get("progress"))
        if progress is not None and 0 <= progress <= 1:
            self.progress = progress
        if isinstance(told.get("message"), str):
            self.message = words(told["message"])
        for name, value in told.items():
            number = None if name in _OWN else _number(value)
            if number is not None:
                self.put(name, step, at, number)

    def put(self, name: str, step: float | None, at: float, value: float) -> None:
        """Take one value of a metric; one without a step is the next one."""
        curve = self.metrics.get(name)
        if curve is None:
            if len(self.metrics) >= MOST_METRICS or not _NAME.match(name):
                self.passed += 1
                return
            curve = self.metrics[name] = Curve()
        known = step is not None and math.isfinite(step) and abs(step) < _LARGEST
        following = curve.points[-1][0] + 1 if curve.points else 0.0
        curve.add(step if known and step is not None else following, at, value)

    @property
    def diverged(self) -> str:
        """The metric that is no number any more; empty for none."""
        return next((name for name, each in self.metrics.items() if each.odd >= DIVERGED), "")

    def as_dict(self) -> dict[str, Any]:
        """Plain data, with few points."""
        found = {
            name: {"last": each.last, "points": [_short(one) for one in fewer(each.points)]}
            for name, each in self.metrics.items()
        }
        return {"metrics": found, "progress": self.progress, "message": self.message}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Curves:
        """The curves that `as_dict` and JSON give; a training that goes on adds to them."""
        found = cls(progress=data.get("progress"), message=str(data.get("message") or ""))
        for name, each in (data.get("metrics") or {}).items():
            points = [(one[0], one[1], one[2]) for one in each["points"]]
            found.metrics[name] = Curve(each["last"], points, joins=True)
        return found


def fewer(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """Few points that show what many do: of each stretch the one with the largest triangle.

    After S. Steinarsson, Downsampling time series for visual representation (2013).

    Args:
        points: in the order in which they came.
        most: how many are kept, 3 or more.
    """
    count = len(points)
    if count <= most:
        return list(points)
    kept, width, before = [points[0]], (count - 2) / (most - 2), 0
    for each in range(most - 2):
        begins, ends = int(each * width) + 1, int((each + 1) * width) + 1
        following = points[ends : min(int((each + 2) * width) + 1, count)] or [points[-1]]
        step = sum(one[0] for one in following) / len(following)
        value = sum(one[2] for one in following) / len(following)
        from_step, _, from_value = points[before]
        before = max(
            range(begins, ends),
            key=lambda at: abs(
                (from_step - step) * (points[at][2] - from_value)
                - (from_step - points[at][0]) * (value - from_value)
            ),
        )
        kept.append(points[before])
    return [*kept, points[-1]]


def words(text: str, most: int = _MOST_WORDS) -> str:
    """A stranger's words without what a terminal obeys, and not too many."""
    return " ".join(_CONTROLS.sub(" ", text[: 4 * most]).split())[:most]


def plain(lines: Iterable[str], most: int = 500) -> list[str]:
    """Lines of a log, each without what a terminal obeys."""
    return [_CONTROLS.sub("", line.rstrip())[:most] for line in lines]


def _number(value: Any) -> float | None:
    """A number, also one that is none as programs write it; None for all else."""
    if isinstance(value, str) and value.strip().lower() in _NO_NUMBERS:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _short(point: Point) -> list[float]:
    step, at, value = point
    whole: float = int(step) if step == int(step) and abs(step) < 1e15 else step
    return [whole, round(at, 1), float(f"{value:.6g}")]
