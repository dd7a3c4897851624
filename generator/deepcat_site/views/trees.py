"""Which models were made from which, as trees. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from deepcat_site.views.card import Card

_DEEPEST = 40


class Tree(NamedTuple):
    """A model, and those that were made from it.

    Attributes:
        name: the module's; of a model from elsewhere its address.
        title: the module's; empty for a model from elsewhere.
        made: from it, by name.
    """

    name: str
    title: str
    made: tuple[Tree, ...]


def trees(cards: Mapping[str, Card]) -> list[Tree]:
    """All trees of two models or more, by their roots' names.

    Of modules that name one another in a circle the first by name is taken for the root; what lies
    deeper than anybody reads begins a tree of its own.
    """
    made: dict[str, list[str]] = {}
    for name, card in sorted(cards.items()):
        if card.base and card.base != name:
            made.setdefault(card.base, []).append(name)
    seen: set[str] = set()

    def grown(name: str, depth: int = 0) -> Tree:
        seen.add(name)
        near = made.get(name, ()) if depth < _DEEPEST else ()
        below = [grown(each, depth + 1) for each in near if each not in seen]
        return Tree(name, cards[name].title if name in cards else "", tuple(below))

    roots = [name for name in sorted(made) if name not in cards or not cards[name].base]
    found = [grown(name) for name in roots]
    return found + [grown(name) for name in sorted(made) if name not in seen]
