"""The plots that a training may leave: a confusion matrix, and residuals. Pure.

They are numbers in a file of JSON, and drawn by us: a picture that a script made could show, and
hold, whatever it likes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deepcat.foreign import read_json
from deepcat.host.job import drawn
from deepcat.host.job.drawn import CONFUSION, RESIDUALS
from deepcat.plain import plain as as_text
from deepcat.review.comment import fence, plain

_MOST_LABEL, _MOST_SHOWN, _MOST_PAIRS = 40, 12, 12
# The usual ones of such charts can hardly be seen on white.
_COLOURS = '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#3b82f6"}}}}%%'


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
    labels, counts = drawn.confusion(data)
    return Confusion(
        tuple(as_text(each)[:_MOST_LABEL] for each in labels), tuple(map(tuple, counts))
    )


def _residuals(data: Any) -> tuple[float, ...]:
    return tuple(drawn.residuals(data))


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
    pairs = drawn.pairs(told.counts)
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


def _spread(residuals: Sequence[float]) -> Iterator[str]:
    yield "\n**Residuals**, what the model says minus what it is, as the script says\n"
    ordered, known = sorted(residuals), drawn.spread(residuals)
    yield "| number | mean | standard deviation | 5 % below | median | 95 % below |"
    yield "|---:|---:|---:|---:|---:|---:|"
    told = [known[each] for each in ("mean", "deviation", "low", "median", "high")]
    yield f"| {len(ordered):,} | {' | '.join(f'{each:.4g}' for each in told)} |"
    if ordered[0] < ordered[-1]:
        yield f"\n{fence(_histogram(ordered), 'mermaid')}"


def _histogram(ordered: Sequence[float]) -> str:
    first, last = ordered[0], ordered[-1]
    bars = drawn.bars(ordered)
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
