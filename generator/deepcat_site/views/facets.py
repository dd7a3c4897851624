"""Facets: by what modules are counted, listed and filtered. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from deepcat_site.html.formats import GPU_CLASSES, SIZE_CLASSES, gpu_class, size_class
from deepcat_site.views.card import Card

# Facet's key -> the values a card has there. The order is the order on the page.
FACETS: dict[str, Callable[[Card], Sequence[str]]] = {
    "task": lambda card: card.tasks,
    "data": lambda card: card.data_types,
    "license": lambda card: (card.license,) if card.license else (),
    "size": lambda card: (size_class(card.size),),
    "gpu": lambda card: (gpu_class(card.gpu_MiB) if card.says_needs else "unknown",),
    "library": lambda card: card.libraries,
    "category": lambda card: card.categories,
    "tag": lambda card: card.tags,
    "runs": lambda card: ("yes",) if card.runs else (),
    "verified": lambda card: ("yes",) if card.verified else (),
    "trainable": lambda card: ("yes",) if card.trainable else (),
    "current": lambda card: () if card.deprecated else ("yes",),
}
# The fields of a card that these look at.
FACETED = frozenset(
    {"tasks", "data_types", "license", "size", "gpu_MiB", "libraries", "categories", "tags"}
    | {"runs", "verified", "trainable", "deprecated", "cpus", "memory_MiB"}
)
# Facets of amounts -> the upper ends of their classes, which keep their order.
CLASSES = {"gpu": GPU_CLASSES, "size": SIZE_CLASSES}
FLAGS = ("runs", "verified", "trainable", "current")


def facet_counts(cards: Iterable[Card]) -> dict[str, list[tuple[str, int]]]:
    """Facet's key -> its values with how many modules have each, most first."""
    rows = tuple(cards)
    return {
        key: _ranked(key, Counter(chain.from_iterable(map(values, rows))))
        for key, values in FACETS.items()
    }


def _ranked(key: str, counter: Counter[str]) -> list[tuple[str, int]]:
    if key in CLASSES:
        order = ("none", "any", *(str(top) for top in CLASSES[key]), "more", "unknown")
        return [(value, counter[value]) for value in order if counter[value]]
    return sorted(counter.items(), key=lambda item: (-item[1], item[0].casefold(), item[0]))
