"""Modules side by side: what differs stands in one line, and only what was measured alike. Pure.

`generator/web/src/compared.ts` makes the same table of modules that the reader chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from deepcat.catalog.values import Module
from deepcat_site.html import formats
from deepcat_site.text import Text
from deepcat_site.views.drawn import drawn_pairs
from deepcat_site.views.measures import LOWER, Measure, measures
from deepcat_site.views.samples import tensors
from deepcat_site.views.shown import Shown
from deepcat_site.views.where import Where

# More do not stand side by side on any screen.
MOST = 6
# The signature that is called where a request names none.
DEFAULT = "serving_default"


class Price(NamedTuple):
    """What a module costs on one cloud, on the cheapest shape that could take it."""

    cloud: str
    shape: str
    hour: float


class Side(NamedTuple):
    """One module of a comparison.

    Attributes:
        shown: its card.
        measures: all of them.
        prices: of the clouds that could take it.
        tensors: lines of what goes in and of what comes out, by the word for it.
        asked: its first sample, drawn.
        answered: the answer that is stored with it, drawn.
    """

    shown: Shown
    measures: tuple[Measure, ...]
    prices: tuple[Price, ...]
    tensors: dict[str, list[str]]
    asked: Markup
    answered: Markup


class Line(NamedTuple):
    """One line of the table.

    Attributes:
        label: what it tells.
        more: what else there is to the label; may be empty.
        cells: one for each module; an empty one says nothing.
    """

    label: str
    more: str
    cells: tuple[Markup | str, ...]


def prices(where: Where, local: str = "") -> tuple[Price, ...]:
    """The cheapest shape of each cloud that could take a module, in the matcher's order.

    Args:
        where: the matcher's answer.
        local: the cloud that is this machine, which takes what it has room for; may be empty.
    """
    found = {local: Price(local, "", 0.0)} if local else {}
    for scored in where.ranked:
        offer = scored.offer
        found.setdefault(offer.cloud, Price(offer.cloud, offer.shape, scored.price_hour))
    return tuple(found.values())


def side(module: Module, shown: Shown, known: tuple[Price, ...]) -> Side:
    """One module of a comparison."""
    rows: dict[str, list[str]] = {"inputs": [], "outputs": []}
    every = tensors(module)
    names = [row[0] for row in every]
    shows = DEFAULT if DEFAULT in names else next(iter(names), "")
    for signature, direction, name, dtype, size in every:
        if signature == shows:
            rows[direction].append(f"{name} {dtype} {size}")
    pairs = (drawn_pairs(module, sample, 1) for sample in module.samples[:1])
    asked, answered = next((pair[0] for pair in pairs if pair), (Markup(), Markup()))
    return Side(shown, measures(module.data), known, rows, asked, answered)


def measured(sides: Sequence[Sequence[Measure]]) -> list[tuple[Measure, list[Measure | None]]]:
    """Each metric with its value of every module; what several were measured by comes first."""
    rows: dict[tuple[str, ...], list[Measure | None]] = {}
    first: dict[tuple[str, ...], Measure] = {}
    for at, mine in enumerate(sides):
        for each in mine:
            row = rows.setdefault(each.key, [None] * len(sides))
            first.setdefault(each.key, each)
            row[at] = row[at] or each
    found = [(first[key], row) for key, row in rows.items()]
    return sorted(found, key=lambda row: row[1].count(None))


def best(row: Sequence[Measure | None]) -> float | None:
    """The best value of a metric, where several modules have one and they differ."""
    known = [each.value for each in row if each is not None]
    directions = {each.direction for each in row if each is not None}
    if len(set(known)) < 2 or "" in directions:
        return None
    return min(known) if LOWER in directions else max(known)


def table(sides: Sequence[Side], text: Text, currency: str) -> list[tuple[str, list[Line]]]:
    """The whole table: groups of lines by their title; a line that says nothing is left out."""
    groups = (
        (text.browser.compare.about, _about(sides, text)),
        (text.browser.compare.measured, _measured(sides, text)),
        (text.browser.compare.prices, _prices(sides, text, currency)),
        (text.browser.compare.signature, _tensors(sides, text)),
        (text.browser.compare.sample, _samples(sides, text)),
    )
    told = ((title, [line for line in lines if any(line.cells)]) for title, lines in groups)
    return [(title, lines) for title, lines in told if lines]


def _about(sides: Sequence[Side], text: Text) -> Iterable[Line]:
    def line(label: str, of: Callable[[Side], str]) -> Line:
        return Line(label, "", tuple(of(each) for each in sides))

    def fact(*kinds: str) -> Callable[[Side], str]:
        def words(each: Side) -> str:
            return next((f.words for f in each.shown.facts if f.kind in kinds), "")

        return words

    t, c = text.fact, text.browser.card
    yield line(text.browser.compare.does, lambda each: each.shown.card.summary)
    yield line(t.version, lambda each: each.shown.card.version)
    yield line(t.updated, lambda each: each.shown.card.updated)
    yield line(c.license, fact("license"))
    yield line(c.size, fact("size"))
    yield line(c.needs, fact("cpu", "gpu"))
    yield line(t.tasks, lambda each: ", ".join(each.shown.card.tasks))
    yield line(t.data, lambda each: ", ".join(each.shown.card.data_types))
    yield line(t.libraries, lambda each: ", ".join(each.shown.card.libraries))
    yield line(c.proved, fact("proved"))
    yield line(c.runs, fact("runs"))


def _measured(sides: Sequence[Side], text: Text) -> Iterable[Line]:
    for first, row in measured([each.measures for each in sides]):
        top = best(row)
        parts = (first.dataset, first.split, text.browser.metric.get(first.direction, ""))
        cells = tuple(_value(each, top, text) for each in row)
        yield Line(first.label, ", ".join(filter(None, parts)), cells)


def _value(each: Measure | None, top: float | None, text: Text) -> Markup | str:
    if each is None:
        return ""
    interval = f" ({each.interval})" if each.interval else ""
    words = f"{each.words}{interval}"
    if each.value != top:
        return words
    return Markup('<strong>{}</strong> <span class="best">{}</span>').format(
        words, text.browser.compare.best
    )


def _prices(sides: Sequence[Side], text: Text, currency: str) -> Iterable[Line]:
    clouds = dict.fromkeys(price.cloud for each in sides for price in each.prices)
    for cloud in clouds:
        cells = []
        for each in sides:
            found = next((price for price in each.prices if price.cloud == cloud), None)
            cells.append(_price(found, text, currency))
        yield Line(cloud, "", tuple(cells))


def _price(price: Price | None, text: Text, currency: str) -> str:
    if price is None:
        return str(text.browser.compare.no_room)
    words = formats.price(price.hour, currency) if price.hour else str(text.price.free)
    return f"{words} ({price.shape})" if price.shape else words


def _tensors(sides: Sequence[Side], text: Text) -> Iterable[Line]:
    for direction in ("inputs", "outputs"):
        cells = (Markup("<br>").join(each.tensors[direction]) for each in sides)
        yield Line(text.module[direction], "", tuple(cells))


def _samples(sides: Sequence[Side], text: Text) -> Iterable[Line]:
    yield Line(text.browser.compare.asked, "", tuple(each.asked for each in sides))
    yield Line(text.browser.compare.answered, "", tuple(each.answered for each in sides))


def slug(names: Sequence[str]) -> str:
    """The folder of a comparison that the catalog names: no module's name holds a ``_``."""
    return "_".join(names)
