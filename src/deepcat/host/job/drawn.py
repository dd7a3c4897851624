"""EDGE of the host: what a training drew, in numbers: a confusion matrix, and how residuals lie.

Strangers wrote the files; what is told of them is small, and drawn by us: a picture that a script
made could show, and hold, whatever it likes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from deepcat.host.within import open_within

CONFUSION, RESIDUALS = "plots/confusion_matrix.json", "plots/residuals.json"
MOST_CLASSES = 100
# So many classes are told as a matrix; of more, what was mistaken most often.
MOST_TOLD, MOST_PAIRS, BARS = 20, 12, 21
_MOST_BYTES, _SHARES = 1 << 20, (0.05, 0.5, 0.95)
# The square of each is still a number.
_MOST = 1e100


def told(output: Path, words: Callable[[str], str]) -> dict[str, Any]:
    """What a training drew; files that cannot be read are left out, as the proposal says.

    Args:
        output: the folder of what it made, whose own path is ours.
        words: makes a stranger's text one plain line.
    """
    found: dict[str, Any] = {}
    with suppress(OSError, ValueError, RecursionError):
        found["confusion"] = _confused(*confusion(_read(output, CONFUSION)), words)
    with suppress(OSError, ValueError, RecursionError):
        found["residuals"] = spread(residuals(_read(output, RESIDUALS)))
    return found


def _read(output: Path, name: str) -> Any:
    stream = open_within(output, Path(name))
    if stream is None:
        raise ValueError("it is no plain file")
    with stream:
        text = stream.read(_MOST_BYTES + 1)
    if len(text) > _MOST_BYTES:
        raise ValueError("it is too large")
    return json.loads(text)


def confusion(data: Any) -> tuple[list[str], list[list[float]]]:
    """Labels of classes, and how often each was taken for each: a row for what it is.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(data, dict) or set(data) != {"labels", "matrix"}:
        raise ValueError("it is no object with `labels` and `matrix`")
    labels, matrix = data["labels"], data["matrix"]
    if not isinstance(labels, list) or not 2 <= len(labels) <= MOST_CLASSES:
        raise ValueError(f"`labels` is no list of 2 to {MOST_CLASSES}")
    size = len(labels)
    is_square = isinstance(matrix, list) and len(matrix) == size
    if not is_square or not all(isinstance(row, list) and len(row) == size for row in matrix):
        raise ValueError(f"`matrix` has not {size} rows of {size} numbers")
    counts = [[_number(each) for each in row] for row in matrix]
    if any(each < 0 for row in counts for each in row):
        raise ValueError("`matrix` holds a number below 0")
    return [str(each) for each in labels], counts


def residuals(data: Any) -> list[float]:
    """What a model says minus what it is, of each.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(data, dict) or set(data) != {"residuals"}:
        raise ValueError("it is no object with `residuals`")
    if not isinstance(data["residuals"], list) or len(data["residuals"]) < 2:
        raise ValueError("`residuals` is no list of at least 2 numbers")
    return [_number(each) for each in data["residuals"]]


def _number(value: Any) -> float:
    is_one = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_one or abs(value) > _MOST or not math.isfinite(value):
        raise ValueError(f"{str(value)[:40]!r} is no number")
    return float(value)


def pairs(counts: Sequence[Sequence[float]]) -> list[tuple[float, int, int]]:
    """How often one class was taken for another, the most often first."""
    found = [
        (times, is_, said)
        for is_, row in enumerate(counts)
        for said, times in enumerate(row)
        if times and is_ != said
    ]
    return sorted(found, key=lambda each: (-each[0], each[1:]))


def _confused(
    labels: Sequence[str], counts: Sequence[Sequence[float]], words: Callable[[str], str]
) -> dict[str, Any]:
    names = [words(each)[:40] for each in labels]
    found: dict[str, Any] = {
        "classes": len(names),
        "right": sum(row[at] for at, row in enumerate(counts)),
        "total": sum(map(sum, counts)),
    }
    if len(names) <= MOST_TOLD:
        rows = [" ".join(f"{each:.9g}" for each in row) for row in counts]
        return {**found, "labels": names, "counts": rows}
    most = pairs(counts)[:MOST_PAIRS]
    return {**found, "mistaken": [{"is": names[a], "as": names[b], "n": n} for n, a, b in most]}


def spread(values: Sequence[float]) -> Mapping[str, Any]:
    """How residuals lie: their number, mean, deviation, quantiles, and how many in each of 21 bars.

    Args:
        values: two or more.
    """
    import statistics

    ordered = sorted(values)
    last = len(ordered) - 1
    low, middle, high = (ordered[round(share * last)] for share in _SHARES)
    return {
        "number": len(ordered),
        "mean": statistics.fmean(ordered),
        "deviation": statistics.pstdev(ordered),
        "low": low,
        "median": middle,
        "high": high,
        "first": ordered[0],
        "last": ordered[-1],
        "bars": bars(ordered),
    }


def bars(ordered: Sequence[float]) -> list[int]:
    """How many of sorted values lie in each of 21 equal parts between the first and the last."""
    first, wide = ordered[0], (ordered[-1] - ordered[0]) / BARS
    found = [0] * BARS
    for each in ordered:
        found[min(int((each - first) / wide), BARS - 1) if wide else 0] += 1
    return found
