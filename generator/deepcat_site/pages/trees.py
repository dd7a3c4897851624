"""`modules/by/base/`: which models were made from which."""

from __future__ import annotations

from deepcat_site.pages.site import Site
from deepcat_site.views.trees import trees


def key(site: Site) -> tuple[str, ...]:
    """The cards of those that were made from others, and of those others."""
    return (site.entries.bases_key,)


def make(site: Site) -> None:
    """Write the page."""
    cards = site.entries.cards if site.entries.bases_key else {}
    path = "modules/by/base/index.html"
    site.page(path, "trees", site.text.trees.title, trees=trees(cards))
