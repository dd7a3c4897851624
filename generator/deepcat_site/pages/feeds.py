"""`feeds/…`: news of modules; and what search engines and browsers ask for."""

from __future__ import annotations

from collections.abc import Iterable

from deepcat_site.api import feeds
from deepcat_site.digests import digest
from deepcat_site.pages.site import Site
from deepcat_site.views import lists
from deepcat_site.views.card import Card

# The fields of a card that say in which feeds it stands, and where.
_ORDERED = ("tasks", "updated", "created")


def key(site: Site) -> tuple[str, ...]:
    """The cards; each feed has a key of its own in `site.parts`."""
    return (site.keys.cards,)


def make(site: Site) -> None:
    """Write a feed of all, one for each task, and what is asked for at the root."""
    settings, put = site.source.settings, site.output.put
    _feed(site, "feeds/all.xml", settings.title, site.cards)
    for value, slug in lists.slugs(site.counts["task"]).items():
        mine = (card for card in site.cards if value in card.tasks)
        path = lists.feed_of(f"modules/by/task/{slug}/")
        _feed(site, path, f"{settings.title}: {value}", mine)
    if settings.site_url:
        put("opensearch.xml", feeds.opensearch(settings))
    put("robots.txt", feeds.robots(settings))


def _feed(site: Site, path: str, title: str, cards: Iterable[Card]) -> None:
    """Write a feed, unless the modules that it tells of are as they were."""
    names = site.kept(
        f"newest {path}", _ORDERED, lambda: [card.name for card in feeds.newest(cards)]
    )
    newest = [site.entries.cards[name] for name in names]
    rows = (site.entries[card.name].card for card in newest)
    key = site.parts[path] = digest("\n".join((site.frame.context, title, *rows)).encode())
    if site.before.get(path) == key:
        site.output.made.add(path)
    else:
        site.output.put(path, feeds.feed(newest, site.source.settings, title, path, site.text))
