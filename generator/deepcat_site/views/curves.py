"""Metrics of a training over its steps, as pictures. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from deepcat_site.html import formats

WIDE, HIGH = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 12, 10, 26
_LINES = 4


class Point(NamedTuple):
    """A value that a script told.

    Attributes:
        step: it was told for.
        value: of the metric; finite.
    """

    step: float
    value: float


def curve(name: str, points: Sequence[Point], label: str, *, logarithmic: bool = False) -> Markup:
    """One metric as a line, with its least and largest values at the left.

    Args:
        name: of the metric.
        points: by step; two or more, or the line is a dot.
        label: what the picture says to those who do not see it.
        logarithmic: whether heights are logarithms; all values are positive then.
    """
    steps, values = [p.step for p in points], [p.value for p in points]
    ends = _ends(values, logarithmic=logarithmic)
    left, right = min(steps), max(steps)
    scaled = math.log10 if logarithmic else float
    low, high = scaled(ends[0]), scaled(ends[1])

    def x(step: float) -> float:
        share = (step - left) / (right - left) if right > left else 0.5
        return round(_LEFT + share * (WIDE - _LEFT - _RIGHT), 1)

    def y(value: float) -> float:
        share = (scaled(value) - low) / (high - low)
        return round(HIGH - _BOTTOM - share * (HIGH - _BOTTOM - _TOP), 1)

    parts = [
        Markup('<svg class="curve" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            WIDE, HIGH, label
        ),
        Markup("<title>{}</title>").format(name),
    ]
    for tick in ticks(*ends, logarithmic=logarithmic):
        parts.append(
            Markup(
                '<line class="curve-grid" x1="{}" x2="{}" y1="{}" y2="{}"/>'
                '<text class="curve-tick" x="{}" y="{}" text-anchor="end">{}</text>'
            ).format(
                _LEFT, WIDE - _RIGHT, y(tick), y(tick), _LEFT - 6, y(tick) + 4, formats.number(tick)
            )
        )
    for step in sorted({left, right}):
        anchor = "start" if step == left != right else "end" if step == right != left else "middle"
        parts.append(
            Markup('<text class="curve-tick" x="{}" y="{}" text-anchor="{}">{}</text>').format(
                x(step), HIGH - 8, anchor, formats.number(step)
            )
        )
    line = " ".join(f"{x(p.step)},{y(p.value)}" for p in points)
    parts.append(Markup('<polyline class="curve-line line-0" points="{}"/>').format(line))
    last = points[-1]
    parts.append(
        Markup('<circle class="curve-dot line-0" cx="{}" cy="{}" r="3.5"/></svg>').format(
            x(last.step), y(last.value)
        )
    )
    return Markup("").join(parts)


def is_logarithmic(values: Sequence[float]) -> bool:
    """Whether values span so much that all but the largest would lie on the ground."""
    low, high = min(values), max(values)
    return low > 0 and high / low > 100


def ticks(low: float, high: float, *, logarithmic: bool) -> list[float]:
    """Round values between two ends, at most five."""
    if logarithmic:
        first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
        each = max(1, -(-(last - first + 1) // (_LINES + 1)))
        return [10.0**power for power in range(first, last + 1, each)]
    rough = (high - low) / _LINES
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(at * step, 12) for at in range(first, math.floor(high / step + 1e-9) + 1)]


def _ends(values: Sequence[float], *, logarithmic: bool) -> tuple[float, float]:
    """The values at the bottom and at the top: never the same one."""
    low, high = min(values), max(values)
    if high > low:
        return low, high
    if logarithmic:
        return low / 10, high * 10
    room = abs(low) / 10 or 1.0
    return low - room, high + room
