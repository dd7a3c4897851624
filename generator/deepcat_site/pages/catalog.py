"""`modules/`: the page on which modules are found."""

from __future__ import annotations

from deepcat_site.api import search
from deepcat_site.pages.site import Site
from deepcat_site.views import facets, filters

FIRST_CARDS = 24


def key(site: Site) -> tuple[str, ...]:
    """The cards."""
    return (site.keys.looks,)


def make(site: Site) -> None:
    """Write the page with its first cards; the browser fetches the others."""
    path = "modules/index.html"
    first = sorted(
        site.cards,
        key=lambda c: (-(bool(c.runs) + c.verified), -search.recent(c.updated), c.name),
    )
    site.page(
        path,
        "catalog",
        site.text.catalog.title,
        head=site.frame.part(path, "catalog_head"),
        cards=site.shown(first[:FIRST_CARDS]),
        count=len(site.cards),
        keys=list(facets.FACETS),
        few=filters.FEW,
        flags=filters.flags(site.counts, site.text),
        filters=list(filters.filters(site.counts, site.text)),
    )
