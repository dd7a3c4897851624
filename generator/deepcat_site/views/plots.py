"""What a training drew, as people see it: a confusion matrix, and how residuals lie. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from deepcat.records.plots import plots_of
from deepcat_site.html import formats
from deepcat_site.text import Text

_WIDE, _HIGH, _LEFT, _BOTTOM, _TOP = 640, 220, 62, 26, 10
# Steps of colour of a matrix.
_HEATS = 5


class Cell(NamedTuple):
    """How often one class was taken for one.

    Attributes:
        times: in words.
        heat: from 0 for never to 5 for all of its class.
        is_right: whether it was taken for itself.
    """

    times: str
    heat: int
    is_right: bool


class Plots(NamedTuple):
    """What a training drew.

    Attributes:
        labels: of the matrix' columns; empty where there is none.
        matrix: a label and its cells for each row.
        mistaken: of many classes: is, taken for, times.
        right: how many of all were right, in words; empty where there is no matrix.
        residuals: their picture; None for none.
        numbers: what the picture shows, with the key of its words.
    """

    labels: tuple[str, ...] = ()
    matrix: tuple[tuple[str, tuple[Cell, ...]], ...] = ()
    mistaken: tuple[tuple[str, str, str], ...] = ()
    right: str = ""
    residuals: Markup | None = None
    numbers: tuple[tuple[str, str], ...] = ()


def shown(told: Mapping[str, Any], text: Text) -> Plots:
    """What a record tells of it.

    Args:
        told: as the record has it, whoever wrote that.
        text: words for readers.
    """
    sound = plots_of(told)
    confusion, residuals = sound.get("confusion") or {}, sound.get("residuals") or {}
    words = text.trainings_page.plots
    counts = [[float(each) for each in row.split()] for row in confusion.get("counts") or ()]
    labels = tuple(confusion.get("labels") or ())
    return Plots(
        labels,
        tuple(
            (label, _cells(at, row))
            for at, (label, row) in enumerate(zip(labels, counts, strict=False))
        ),
        tuple(
            (each["is"], each["as"], formats.number(each["n"]))
            for each in confusion.get("mistaken") or ()
        ),
        _right(confusion, words.right) if confusion else "",
        _histogram(residuals, words.histogram) if residuals else None,
        tuple((key, formats.number(residuals[key])) for key in _NUMBERS) if residuals else (),
    )


_NUMBERS = ("number", "mean", "deviation", "low", "median", "high")


def _cells(at: int, row: Sequence[float]) -> tuple[Cell, ...]:
    total = sum(row)
    return tuple(
        Cell(formats.number(each), -int(-_HEATS * each // total) if total else 0, at == to)
        for to, each in enumerate(row)
    )


def _right(told: Mapping[str, Any], words: str) -> str:
    right, total = told["right"], told["total"]
    share = f"{right / total:.1%}" if total else "0 %"
    return words.format(n=formats.number(right), total=formats.number(total), share=share)


def _histogram(told: Mapping[str, Any], words: str) -> Markup:
    """Bars between the first residual and the last, and where none would be."""
    bars, first, last = told["bars"], told["first"], told["last"]
    most, count = max(bars) or 1, len(bars)
    wide = (_WIDE - _LEFT - 12) / count
    at = bars.index(max(bars))
    near = formats.number(float(f"{first + (at + 0.5) * (last - first) / count:.3g}"))
    ends = (formats.number(first), formats.number(last))
    label = words.format(n=formats.number(told["number"]), first=ends[0], last=ends[1], near=near)
    ground = _HIGH - _BOTTOM
    parts = [
        Markup('<svg class="curve" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            _WIDE, _HIGH, label
        )
    ]
    for number, each in enumerate(bars):
        high = round((ground - _TOP) * each / most, 1)
        parts.append(
            Markup('<rect class="residual" x="{}" y="{}" width="{}" height="{}"/>').format(
                round(_LEFT + number * wide + 1, 1), ground - high, round(wide - 2, 1), high
            )
        )
    if first < 0 < last:
        zero = round(_LEFT + (0 - first) / (last - first) * count * wide, 1)
        parts.append(
            Markup('<line class="residual-zero" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>').format(
                zero, _TOP, ground
            )
        )
    tick = Markup('<text class="curve-tick" x="{}" y="{}" text-anchor="{}">{}</text>')
    parts += [
        tick.format(_LEFT - 6, _TOP + 8, "end", formats.number(most)),
        tick.format(_LEFT - 6, ground, "end", "0"),
        tick.format(_LEFT, _HIGH - 8, "start", ends[0]),
        tick.format(_WIDE - 12, _HIGH - 8, "end", ends[1]),
        Markup("</svg>"),
    ]
    return Markup("").join(parts)
