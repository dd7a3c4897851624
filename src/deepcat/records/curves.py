"""A training's curves: the file that keeps them, bounded. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from deepcat.records.told_trainings import MOST_METRICS, line_of, number_of

CURVES_FORMAT = "deepcat-curves/v1"
_MOST_BYTES = 20_000

# Metric -> points: step, seconds since it began, value.
Curves: TypeAlias = Mapping[str, Sequence[Sequence[float]]]


def curves_of(gathered: Mapping[str, Any]) -> Curves:
    """Metric -> its points, of what a host tells of a training."""
    metrics = gathered.get("metrics")
    named = list(metrics.items())[:MOST_METRICS] if isinstance(metrics, Mapping) else []
    return {
        line_of(name)[:64]: [_point(each) for each in own["points"] if _is_point(each)]
        for name, own in named
        if isinstance(own, Mapping) and isinstance(own.get("points"), list | tuple)
    }


def curves_text(training: str, curves: Curves) -> str:
    """The curves as a file, of at most 20 kB: each second point goes until it fits."""
    held = {name: [list(point) for point in points] for name, points in sorted(curves.items())}
    while True:
        data = {"format": CURVES_FORMAT, "training": training, "metrics": held}
        text = json.dumps(data, separators=(",", ":"), ensure_ascii=False) + "\n"
        longest = max(map(len, held.values()), default=0)
        if len(text.encode()) <= _MOST_BYTES or longest <= 2:
            return text
        held = {
            name: points if len(points) <= longest // 2 else [*points[:-1:2], points[-1]]
            for name, points in held.items()
        }


def curves_from(text: str) -> Curves:
    """The curves that a file holds; of one that is damaged none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    metrics = data.get("metrics") if isinstance(data, dict) else None
    return curves_of(
        {"metrics": {name: {"points": each} for name, each in metrics.items()}}
        if isinstance(metrics, dict)
        else {}
    )


def _is_point(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 3
        and all(number_of(each) is not None for each in value)
    )


def _point(value: Sequence[float]) -> list[float]:
    return [float(f"{each:.6g}") if isinstance(each, float) else each for each in value]
