"""Compare an answer with the expected one, number by number; pure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

SHOWN = 20


def differences(expected: Any, actual: Any, tolerance: float = 1e-4) -> tuple[str, ...]:
    """Say where two JSON values differ; empty when they agree.

    Numbers agree when they differ by at most `tolerance`, absolutely or relative to the expected
    one; NaN agrees with NaN. At most `SHOWN` differences are given, then one line that says so.
    """
    try:
        found = tuple(islice(_walk(expected, actual, tolerance, "$"), SHOWN + 1))
    except RecursionError:
        return ("$: it is nested too deeply to be compared",)
    if len(found) > SHOWN:
        return (*found[:SHOWN], "and more differences")
    return found


def _walk(expected: Any, actual: Any, tolerance: float, path: str) -> Iterator[str]:
    if _is_number(expected) and _is_number(actual):
        if not _close(expected, actual, tolerance):
            gap = f" (tolerance {tolerance:g})"
            yield f"{path}: expected {expected!r}, got {actual!r}{gap}"
    elif isinstance(expected, Mapping) and isinstance(actual, Mapping):
        yield from _walk_mapping(expected, actual, tolerance, path)
    elif isinstance(expected, (list, tuple)) and isinstance(actual, (list, tuple)):
        if len(expected) != len(actual):
            yield f"{path}: expected {len(expected)} values, got {len(actual)}"
        for index, (left, right) in enumerate(zip(expected, actual)):
            yield from _walk(left, right, tolerance, f"{path}[{index}]")
    elif type(expected) is not type(actual) or expected != actual:
        yield f"{path}: expected {_short(expected)}, got {_short(actual)}"


def _walk_mapping(
    expected: Mapping[str, Any], actual: Mapping[str, Any], tolerance: float, path: str
) -> Iterator[str]:
    for key, value in expected.items():
        if key in actual:
            yield from _walk(value, actual[key], tolerance, f"{path}.{key}")
        else:
            yield f"{path}.{key}: expected {_short(value)}, got nothing"
    for key in actual:
        if key not in expected:
            yield f"{path}.{key}: not expected, got {_short(actual[key])}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _close(expected: float, actual: float, tolerance: float) -> bool:
    try:
        if expected == actual or (math.isnan(expected) and math.isnan(actual)):
            return True
        if not (math.isfinite(expected) and math.isfinite(actual)):
            return False
        return abs(expected - actual) <= tolerance * max(1.0, abs(expected))
    except OverflowError:  # a whole number larger than every float
        return False


def _short(value: Any, limit: int = 80) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
