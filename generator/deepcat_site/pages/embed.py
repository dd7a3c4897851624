"""`embed/`: the form of one module, for other websites to show in a frame."""

from __future__ import annotations

from deepcat_site.api.search import shards
from deepcat_site.html.policy import policy
from deepcat_site.pages.site import Site


def key(site: Site) -> tuple[str, ...]:
    """Into how many files the cards are dealt: the browser asks for the one that it needs."""
    return (str(shards(len(site.entries))),)


def make(site: Site) -> None:
    """Write the page, without the frame that other pages have."""
    path = "embed/index.html"
    html = site.frame.part(path, "embed", policy=policy(), shards=shards(len(site.entries)))
    site.output.put(path, html.encode())
