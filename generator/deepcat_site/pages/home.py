"""The made part of the home page."""

from __future__ import annotations

from deepcat_site.html import markup
from deepcat_site.pages.site import Site
from deepcat_site.views.read import line


def home(site: Site, path: str) -> str:
    """Picks, the newest modules, what runs now, and counts.

    Args:
        path: where the page will lie.
    """
    cards = site.entries.cards
    newest = sorted(site.cards, key=lambda c: (c.created, c.name), reverse=True)[:6]
    best = sorted(site.cards, key=lambda c: (-c.runs, not c.verified, c.deprecated, c.name))
    chosen = [cards[n] for n in site.source.settings.picks if n in cards]
    # In a small catalog most of it is new: one row of picks is enough.
    picks = chosen or best[: 6 if len(best) > 12 else 3]
    running = [p for p in site.places if p.status == "running"]
    return site.frame.part(
        path,
        "home",
        collections=[
            (name, line(group.title, 120))
            for name, group in sorted(site.source.catalog.collections.items())[:6]
        ],
        newest=site.shown(newest),
        picks=site.shown(picks[:6]),
        about=markup.ours(site.source.settings.description),
        examples=site.source.settings.examples or [c.title for c in picks[:4]],
        tasks=site.counts["task"][:8],
        places=running[:6],
        count={
            "modules": len(site.cards),
            "running": len(running),
            "verified": sum(card.verified for card in site.cards),
            "clouds": len(site.source.catalog.clouds),
        },
    )
