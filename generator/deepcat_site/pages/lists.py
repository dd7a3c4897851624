"""`modules/by/…`: plain lists of modules, for crawlers and without scripts."""

from __future__ import annotations

from deepcat_site.digests import digest
from deepcat_site.pages.site import Site
from deepcat_site.views import lists


def key(site: Site) -> tuple[str, ...]:
    """The cards; each list has a key of its own in `site.parts`."""
    return (site.keys.cards,)


def make(site: Site) -> None:
    """Write the lists whose cards changed, and the page that leads to them."""
    facets = lists.facets(site.counts, site.text)
    site.page("modules/by/index.html", "lists", site.text.lists.title, facets=facets)
    entries, frame = site.entries, site.frame.context
    for page in lists.pages(site.cards, site.counts, site.text):
        rows = (entries[card.name].card for card in page.cards)
        key = digest("\n".join((frame, *page.names(), *rows)).encode())
        site.parts[page.path] = key
        if site.before.get(page.path) == key:
            site.list_page(page.path)
            site.output.made.add(page.path)
            continue
        title = page.value or site.text.lists.all
        site.page(page.path, "list", title, **page.values())
