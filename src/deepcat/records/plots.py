"""What a training drew, as its record keeps it: small, and bounded again whoever wrote it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deepcat.host.job.drawn import BARS, MOST_CLASSES, MOST_PAIRS, MOST_TOLD
from deepcat.plain import plain

_OF_RESIDUALS = ("number", "mean", "deviation", "low", "median", "high", "first", "last")
# Also what is no number is none of at most that.
_MOST_LABEL, _MOST = 40, 1e200


def plots_of(value: Any) -> dict[str, Any]:
    """What of it is sound, as `host.job.drawn.told` gives it; nothing of what is not.

    Args:
        value: as a host, or a record, tells it.
    """
    found: dict[str, Any] = {}
    held = value if isinstance(value, Mapping) else {}
    for name, read in (("confusion", _confusion), ("residuals", _residuals)):
        if isinstance(held.get(name), Mapping) and (own := read(held[name])):
            found[name] = own
    return found


def _confusion(held: Mapping[str, Any]) -> dict[str, Any]:
    head = {name: _number(held.get(name)) for name in ("classes", "right", "total")}
    if None in head.values() or not 2 <= (head["classes"] or 0) <= MOST_CLASSES:
        return {}
    labels, counts = held.get("labels"), held.get("counts")
    if isinstance(labels, Sequence) and isinstance(counts, Sequence):
        size = len(labels)
        rows = [[_number(_read(each)) for each in str(row).split()] for row in counts[:MOST_TOLD]]
        fits = 2 <= size <= MOST_TOLD and len(rows) == size == head["classes"]
        if not fits or any(len(row) != size or None in row for row in rows):
            return {}
        lines = [" ".join(f"{each:.9g}" for each in row) for row in rows]
        return {**head, "labels": [_label(each) for each in labels], "counts": lines}
    told = held.get("mistaken")
    own = told[:MOST_PAIRS] if isinstance(told, Sequence) and not isinstance(told, str) else ()
    each_: list[dict[str, Any]] = [
        {"is": _label(each.get("is")), "as": _label(each.get("as")), "n": _number(each.get("n"))}
        for each in own
        if isinstance(each, Mapping) and _number(each.get("n")) is not None
    ]
    return {**head, "mistaken": each_}


def _residuals(held: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: _number(held.get(name), least=None) for name in _OF_RESIDUALS}
    bars = held.get("bars")
    if not isinstance(bars, Sequence) or len(bars) != BARS or None in found.values():
        return {}
    own = [_number(each) for each in bars]
    return {**found, "bars": own} if None not in own else {}


def _label(value: Any) -> str:
    return plain(str(value))[:_MOST_LABEL]


def _read(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _number(value: Any, least: float | None = 0.0) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not abs(value) <= _MOST or (least is not None and value < least):
        return None
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else float(f"{value:.6g}")
