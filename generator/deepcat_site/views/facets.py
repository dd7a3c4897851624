"""Facets: by what modules are counted, listed and filtered. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from deepcat_site.html.formats import GPU_CLASSES, gpu_class
from deepcat_site.views.card import Card

# Facet's key -> the values a card has there. The order is the order on the page.
FACETS: dict[str, Callable[[Card], Sequence[str]]] = {
    "task": lambda card: card.tasks,
    "data": lambda card: card.data_types,
    "library": lambda card: card.libraries,
    "category": lambda card: card.categories,
    "gpu": lambda card: (gpu_class(card.gpu_MiB),),
    "license": lambda card: (card.license,) if card.license else (),
    "tag": lambda card: card.tags,
    "runs": lambda card: ("yes",) if card.runs else (),
    "verified": lambda card: ("yes",) if card.verified else (),
    "trainable": lambda card: ("yes",) if card.trainable else (),
    "current": lambda card: () if card.deprecated else ("yes",),
}
FLAGS = ("runs", "verified", "trainable", "current")


def facet_counts(cards: Iterable[Card]) -> dict[str, list[tuple[str, int]]]:
    """Facet's key -> its values with how many modules have each, most first."""
    rows = tuple(cards)
    return {
        key: _ranked(key, Counter(value for card in rows for value in values(card)))
        for key, values in FACETS.items()
    }


def _ranked(key: str, counter: Counter[str]) -> list[tuple[str, int]]:
    if key == "gpu":
        order = ("none", "any", *(str(top) for top in GPU_CLASSES), "more")
        return [(value, counter[value]) for value in order if counter[value]]
    return sorted(counter.items(), key=lambda item: (-item[1], item[0].casefold(), item[0]))
