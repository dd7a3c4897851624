"""`feeds/…`: news of modules; and what search engines and browsers ask for."""

from __future__ import annotations

from deepcat_site.api import feeds
from deepcat_site.pages.site import Site
from deepcat_site.views import lists


def key(site: Site) -> tuple[str, ...]:
    """The cards."""
    return (site.keys.cards,)


def make(site: Site) -> None:
    """Write a feed of all, one for each task, and what is asked for at the root."""
    settings, put = site.source.settings, site.output.put
    put("feeds/all.xml", feeds.feed(site.cards, settings, settings.title, "feeds/all.xml"))
    for value, slug in lists.slugs(site.counts["task"]).items():
        mine = [card for card in site.cards if value in card.tasks]
        path = f"feeds/task/{slug}.xml"
        put(path, feeds.feed(mine, settings, f"{settings.title}: {value}", path))
    put("opensearch.xml", feeds.opensearch(settings))
    put("robots.txt", feeds.robots(settings))
