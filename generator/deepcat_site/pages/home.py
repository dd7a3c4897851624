"""The made part of the home page."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nlargest, nsmallest

from deepcat_site.html import markup
from deepcat_site.pages.site import Site
from deepcat_site.views.card import Card
from deepcat_site.views.read import line

_MOST = 6


def home(site: Site, path: str) -> str:
    """Picks, the newest modules, what runs now, and counts.

    Args:
        path: where the page will lie.
    """
    cards = site.entries.cards
    newest = site.kept("newest", ("created",), lambda: _newest(site.cards))
    best = site.kept("best", ("runs", "verified", "deprecated"), lambda: _best(site.cards))
    chosen = [name for name in site.source.settings.picks if name in cards]
    # In a small catalog most of it is new: one row of picks is enough.
    picks = [cards[n] for n in chosen or best[: 6 if len(cards) > 12 else 3]]
    running = [p for p in site.places if p.status == "running"]
    return site.frame.part(
        path,
        "home",
        collections=[
            (name, line(group.title, 120))
            for name, group in sorted(site.source.catalog.collections.items())[:6]
        ],
        newest=site.shown(cards[name] for name in newest),
        picks=site.shown(picks[:6]),
        about=markup.ours(site.source.settings.description),
        examples=site.source.settings.examples or [c.title for c in picks[:4]],
        tasks=site.counts["task"][:8],
        places=running[:6],
        count={
            "modules": len(site.cards),
            "running": len(running),
            "verified": sum(count for _, count in site.counts["verified"]),
            "clouds": len(site.source.catalog.clouds),
        },
    )


def _newest(cards: Iterable[Card]) -> list[str]:
    found = nlargest(_MOST, cards, key=lambda card: (card.created, card.name))
    return [card.name for card in found]


def _best(cards: Iterable[Card]) -> list[str]:
    def rank(card: Card) -> tuple[int, bool, bool, str]:
        return -card.runs, not card.verified, card.deprecated, card.name

    return [card.name for card in nsmallest(_MOST, cards, key=rank)]
