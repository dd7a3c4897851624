"""`modules/`: the page on which modules are found."""

from __future__ import annotations

from collections.abc import Iterable

from deepcat_site.api import search
from deepcat_site.pages.site import Site
from deepcat_site.views import facets, filters
from deepcat_site.views.card import Card

FIRST_CARDS = 24


def key(site: Site) -> tuple[str, ...]:
    """The cards."""
    return (site.keys.looks,)


def _first(cards: Iterable[Card]) -> list[str]:
    """The names of those that stand on the page: what runs and was proved, then the newest."""

    def rank(card: Card) -> tuple[int, int, str]:
        return -(bool(card.runs) + card.verified), -search.recent(card.updated), card.name

    return [card.name for card in sorted(cards, key=rank)[:FIRST_CARDS]]


def make(site: Site) -> None:
    """Write the page with its first cards; the browser fetches the others."""
    path = "modules/index.html"
    first = site.kept("first", ("runs", "verified", "updated"), lambda: _first(site.cards))
    site.page(
        path,
        "catalog",
        site.text.catalog.title,
        head=site.frame.part(path, "catalog_head"),
        cards=site.shown(site.entries.cards[name] for name in first),
        count=len(site.cards),
        keys=list(facets.FACETS),
        few=filters.FEW,
        flags=filters.flags(site.counts, site.text),
        filters=list(filters.filters(site.counts, site.text)),
    )
