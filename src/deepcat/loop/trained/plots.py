"""The plots that a training may leave: a confusion matrix, and residuals. Pure.

They are numbers in a file of JSON, and drawn by us: a picture that a script made could show, and
hold, whatever it likes.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deepcat.foreign import read_json
from deepcat.plain import plain as as_text
from deepcat.review.comment import fence, plain

CONFUSION, RESIDUALS = "plots/confusion_matrix.json", "plots/residuals.json"
MOST_CLASSES = 100
_MOST_LABEL, _MOST_SHOWN, _MOST_PAIRS = 40, 12, 12
# The usual ones of such charts can hardly be seen on white.
_COLOURS = '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#3b82f6"}}}}%%'
_BARS, _SHARES = 21, (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each class was taken for each.

    Attributes:
        labels: of the classes.
        counts: a row for what it is, a column for what the model says.
    """

    labels: tuple[str, ...]
    counts: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Plots:
    """What a training drew.

    Attributes:
        confusion: None for none.
        residuals: what the model says minus what it is; empty for none.
        unread: files that could not be read, and why.
    """

    confusion: Confusion | None = None
    residuals: tuple[float, ...] = ()
    unread: Mapping[str, str] | None = None


def plots_of(files: Mapping[str, bytes]) -> Plots:
    """The plots in what a script wrote.

    Args:
        files: by their names, of `CONFUSION` and `RESIDUALS` those that are there.
    """
    found: dict[str, Any] = {}
    unread: dict[str, str] = {}
    for name, read in ((CONFUSION, _confusion), (RESIDUALS, _residuals)):
        if name in files:
            try:
                found[name] = read(read_json(files[name]))
            except ValueError as error:
                unread[name] = as_text(str(error))[:200]
    return Plots(found.get(CONFUSION), found.get(RESIDUALS, ()), unread)


def _confusion(data: Any) -> Confusion:
    if not isinstance(data, dict) or set(data) != {"labels", "matrix"}:
        raise ValueError("it is no object with `labels` and `matrix`")
    labels, matrix = data["labels"], data["matrix"]
    if not isinstance(labels, list) or not 2 <= len(labels) <= MOST_CLASSES:
        raise ValueError(f"`labels` is no list of 2 to {MOST_CLASSES}")
    size = len(labels)
    is_square = isinstance(matrix, list) and len(matrix) == size
    if not is_square or not all(isinstance(row, list) and len(row) == size for row in matrix):
        raise ValueError(f"`matrix` has not {size} rows of {size} numbers")
    counts = tuple(tuple(map(_number, row)) for row in matrix)
    if any(each < 0 for row in counts for each in row):
        raise ValueError("`matrix` holds a number below 0")
    return Confusion(tuple(as_text(str(each))[:_MOST_LABEL] for each in labels), counts)


def _residuals(data: Any) -> tuple[float, ...]:
    if not isinstance(data, dict) or set(data) != {"residuals"}:
        raise ValueError("it is no object with `residuals`")
    if not isinstance(data["residuals"], list) or len(data["residuals"]) < 2:
        raise ValueError("`residuals` is no list of at least 2 numbers")
    return tuple(map(_number, data["residuals"]))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        raise ValueError(f"{as_text(str(value))[:40]!r} is no number")
    return float(value)


def lines(plots: Plots) -> Iterator[str]:
    """The plots as Markdown: tables, and a chart where a forge draws such."""
    if plots.confusion:
        yield from _confused(plots.confusion)
    if plots.residuals:
        yield from _spread(plots.residuals)
    for name, why in (plots.unread or {}).items():
        yield f"\n{plain(name)} of its output cannot be shown: {plain(why)}."


def _confused(told: Confusion) -> Iterator[str]:
    yield "\n**Confusion matrix**, as the script says\n"
    pairs = _pairs(told)
    right = sum(row[at] for at, row in enumerate(told.counts))
    total = sum(map(sum, told.counts))
    if len(told.labels) <= _MOST_SHOWN:
        yield f"| is ↓, taken for → | {' | '.join(map(plain, told.labels))} |"
        yield "|---|" + "---:|" * len(told.labels)
        for at, (label, row) in enumerate(zip(told.labels, told.counts, strict=True)):
            cells = (f"**{each:g}**" if at == to else f"{each:g}" for to, each in enumerate(row))
            yield f"| {plain(label)} | {' | '.join(cells)} |"
    else:
        yield f"{len(told.labels)} classes; what is mistaken most often:\n"
        yield "| is | taken for | times |\n|---|---|---:|"
        for times, is_, said in pairs[:_MOST_PAIRS]:
            yield f"| {plain(told.labels[is_])} | {plain(told.labels[said])} | {times:g} |"
    if total:
        yield f"\n{right:g} of {total:g} right ({right / total:.1%})."


def _pairs(told: Confusion) -> list[tuple[float, int, int]]:
    """How often one class was taken for another, the most often first."""
    found = [
        (times, is_, said)
        for is_, row in enumerate(told.counts)
        for said, times in enumerate(row)
        if times and is_ != said
    ]
    return sorted(found, key=lambda each: (-each[0], each[1:]))


def _spread(residuals: Sequence[float]) -> Iterator[str]:
    yield "\n**Residuals**, what the model says minus what it is, as the script says\n"
    ordered = sorted(residuals)
    last = len(ordered) - 1
    low, middle, high = (ordered[round(share * last)] for share in _SHARES)
    mean, spread = statistics.fmean(ordered), statistics.pstdev(ordered)
    yield "| number | mean | standard deviation | 5 % below | median | 95 % below |"
    yield "|---:|---:|---:|---:|---:|---:|"
    told = (mean, spread, low, middle, high)
    yield f"| {len(ordered):,} | {' | '.join(f'{each:.4g}' for each in told)} |"
    if ordered[0] < ordered[-1]:
        yield f"\n{fence(_histogram(ordered), 'mermaid')}"


def _histogram(ordered: Sequence[float]) -> str:
    first, last = ordered[0], ordered[-1]
    wide = (last - first) / _BARS
    bars = [0] * _BARS
    for each in ordered:
        bars[min(int((each - first) / wide), _BARS - 1) if wide else 0] += 1
    return chart(
        "residuals",
        f'x-axis "residual" {first:.6g} --> {last:.6g}',
        f'y-axis "number" 0 --> {max(bars)}',
        f"bar [{', '.join(map(str, bars))}]",
    )


def chart(title: str, *lines: str) -> str:
    """A chart in Mermaid's words.

    Args:
        title: that means nothing to Mermaid.
        lines: its axes and values.
    """
    own = ("xychart-beta", f'  title "{title}"', *(f"  {each}" for each in lines))
    return "\n".join((_COLOURS, *own))
