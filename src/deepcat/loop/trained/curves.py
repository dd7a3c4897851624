"""The curves of a training, from the lines that its script wrote. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

MOST_POINTS = 60
_MOST_NAMES, _MOST_NAME, _MOST_LINE = 50, 64, 10_000


def curves_of(content: bytes) -> Mapping[str, Sequence[tuple[float, float]]]:
    """Metric's name -> points, (step, value), in the order of their steps.

    Args:
        content: an object of JSON a line; whatever else a line is, it is left out.
    """
    found: dict[str, dict[float, float]] = {}
    for number, line in enumerate(content.split(b"\n")):
        row = _row(line) if len(line) <= _MOST_LINE else {}
        step = row.get("step", number)
        if not _is_number(step):
            continue
        for name, value in row.items():
            is_name = name.isprintable() and len(name) <= _MOST_NAME
            if name in ("step", "progress") or not is_name or not _is_number(value):
                continue
            if name in found or len(found) < _MOST_NAMES:
                found.setdefault(name, {})[float(step)] = float(value)
    return {name: _thinned(sorted(points.items())) for name, points in found.items()}


def _thinned(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """At most so many of them, the first and the last among these."""
    if len(points) <= MOST_POINTS:
        return points
    last = len(points) - 1
    return [points[round(index * last / (MOST_POINTS - 1))] for index in range(MOST_POINTS)]


def _row(line: bytes) -> Mapping[str, Any]:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
