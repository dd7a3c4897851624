"""`api/v1/index.json`: all modules in short."""

from __future__ import annotations

from deepcat_site.api import document
from deepcat_site.pages.site import Site


def key(site: Site) -> tuple[str, ...]:
    """The cards."""
    return (site.keys.cards,)


def make(site: Site) -> None:
    """Write the document."""
    content = document.index(site.cards, site.source.settings)
    site.output.put("api/v1/index.json", content)
