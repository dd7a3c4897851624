"""JSON that others wrote, read so that no text of theirs does more than be refused. Pure."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

MOST_BYTES = 1_048_576
_MOST_DEEP = 64
_MOST_VALUES = 200_000
_MOST_DIGITS = 30


def read_json(text: str | bytes, most_bytes: int = MOST_BYTES) -> Any:
    """The value in a text.

    Raises:
        ValueError: it is no JSON as the standard has it, or too large, too deep, or holds a number
            that is none or has no end.
    """
    if len(text) > most_bytes:
        raise ValueError(f"larger than {most_bytes:,} bytes")
    try:
        value = json.loads(
            text, parse_constant=_no_number, parse_float=_float, parse_int=_whole_number
        )
    except RecursionError:
        raise ValueError("nested too deep") from None
    _require_bounded(value)
    return value


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _float(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number("one without an end")


def _whole_number(text: str) -> int:
    return int(text) if len(text) <= _MOST_DIGITS else _no_number("one of too many digits")


def _require_bounded(value: Any) -> None:
    level, seen = [value], 0
    for _ in range(_MOST_DEEP):
        seen += len(level)
        if seen > _MOST_VALUES:
            raise ValueError(f"more than {_MOST_VALUES:,} values")
        level = [inner for each in level for inner in _inner(each)]
        if not level:
            return
    raise ValueError(f"nested deeper than {_MOST_DEEP}")


def _inner(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
