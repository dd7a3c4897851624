"""Who made modules, and on which data they were measured: lists that have no filter. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from deepcat_site.html.formats import list_address
from deepcat_site.views.card import Card
from deepcat_site.views.measures import Measure

# Kind of list -> the values a card has there.
WHO: dict[str, Callable[[Card], Sequence[str]]] = {
    "author": lambda card: card.authors,
    "organisation": lambda card: card.organisations,
    "dataset": lambda card: tuple(dict.fromkeys(row[0] for row in card.metrics if row[0])),
}


class Board(NamedTuple):
    """Who was measured alike, best first.

    Attributes:
        first: the metric, as one of them has it.
        rows: each with its value.
    """

    first: Measure
    rows: Sequence[tuple[Card, Measure]]


def boards(cards: Sequence[Card], path: str) -> list[Board]:
    """The tables of one data set: for each metric and split the modules, best first.

    Args:
        cards: of modules that were measured on it.
        path: the data set's list.
    """
    rows: dict[tuple[str, ...], list[tuple[Card, Measure]]] = {}
    for card in cards:
        for each in card.measures:
            if each.dataset and list_address("dataset", each.dataset) == path:
                rows.setdefault(each.key, []).append((card, each))
    found = []
    for row in rows.values():
        if row[0][1].direction:
            row.sort(key=lambda pair: -pair[1].goodness)
        found.append(Board(row[0][1], row))
    return sorted(found, key=lambda board: -len(board.rows))
