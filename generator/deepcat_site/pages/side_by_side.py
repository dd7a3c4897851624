"""The modules of a comparison, read for it."""

from __future__ import annotations

from collections.abc import Iterable

from deepcat.clouds.market import Market
from deepcat.clouds.registry import is_here
from deepcat_site.pages.site import Site
from deepcat_site.views.compared import MOST, Side, prices, side
from deepcat_site.views.where import where


def sides(site: Site, names: Iterable[str]) -> list[Side]:
    """As many as stand side by side, in this order."""
    source = site.source
    market = Market(source.offers)
    local = min((c.name for c in source.catalog.clouds.values() if is_here(c)), default="")
    found = []
    for name in list(names)[:MOST]:
        kept = source.kept.get(name)
        module = kept.module if kept else source.catalog.modules[name]
        (shown,) = site.shown([site.entries.cards[name]])
        found.append(side(module, shown, prices(where(module, market), local)))
    return found
