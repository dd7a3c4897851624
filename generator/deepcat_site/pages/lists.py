"""`modules/by/…`: plain lists of modules, for crawlers and without scripts.

A changed module has a row of its own made anew in each of its lists; the other rows of such a page
are taken from where the last build wrote them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from markupsafe import Markup

from deepcat_site.digests import digest
from deepcat_site.pages.site import Site
from deepcat_site.theme.layout import base_of
from deepcat_site.views import lists, shown
from deepcat_site.views.card import Card
from deepcat_site.views.lists import ListPage

# A row is the same on pages of any depth, but for the way back to the root.
_ANY = "modules/by/index.html"
# Between these a page has its rows, each in one line.
_BEGIN, _END = '<ul class="plain-list">\n', "\n</ul>\n"


def key(site: Site) -> tuple[str, ...]:
    """The cards; each list has a key of its own in `site.parts`."""
    return (site.keys.cards,)


def make(site: Site) -> None:
    """Write the lists whose cards changed, and the page that leads to them."""
    frame, made = site.frame.context, site.rows.made.keys()
    # Where all stand in the same lists as before, only those with a changed module are looked at.
    only: list[Card] | None = None
    if site.before and site.is_same(lists.LISTED):
        only = [site.entries.cards[name] for name in sorted(made)]
        site.parts |= site.before
    known = lists.makers(site.cards, only)
    _index(site, known if only is None else None)

    @cache
    def looks(name: str) -> str:
        return digest(site.entries[name].card.encode())

    stale: dict[str, tuple[ListPage, Mapping[str, str]]] = {}
    for page in lists.pages(site.cards, site.counts, known, site.text, only):
        names = [card.name for card in page.ranked or page.cards]
        if only is not None and made.isdisjoint(names):
            continue
        key = digest("\n".join((frame, *page.names(), *map(looks, names))).encode())
        site.parts[page.path] = key
        if site.before.get(page.path) != key:
            stale[page.path] = page, _kept(site, page.path)
    rows = _rows(site, stale.values())
    for path in site.parts:
        if path in stale:
            _write(site, *stale[path], rows)
        else:
            site.list_page(path)
            site.output.made.add(path)


def _index(site: Site, known: lists.Makers | None) -> None:
    """The page that leads to the lists; as it lies there where no list came or went."""
    if known is None:
        site.list_page(_ANY)
        site.output.made.add(_ANY)
        return
    facets = [*lists.facets(site.counts, site.text), *lists.people(known, site.text)]
    site.page(_ANY, "lists", site.text.lists.title, facets=facets)


def _write(site: Site, page: ListPage, kept: Mapping[str, str], made: Mapping[str, str]) -> None:
    """Write one page: the rows that are kept, and those that were made."""
    title, start = page.value or site.text.lists.all, _start(page.path)
    rows = [kept.get(card.name) or f"{start}{made[card.name]}" for card in page.cards]
    html = Markup("\n".join(rows))  # noqa: S704 - an autoescaping template's
    site.page(page.path, "list", title, rows=html, **page.values())


def _rows(site: Site, pages: Iterable[tuple[ListPage, Mapping[str, str]]]) -> Mapping[str, str]:
    """The rows that no page has yet, by module's name, without how they begin."""
    names = dict.fromkeys(
        card.name for page, kept in pages for card in page.cards if card.name not in kept
    )
    cards = [site.entries.cards[name] for name in names]
    rows = [(card, shown.facts(card, site.text)) for card in cards]
    html = site.frame.part(_ANY, "list_row", rows=rows)
    return dict(zip(names, html.split("\n"), strict=True)) if names else {}


def _start(path: str) -> str:
    """How each row of a page begins."""
    return f'<li><a href="{base_of(path)}/modules/'


def _kept(site: Site, path: str) -> dict[str, str]:
    """Rows of a page as they lie there, of modules that did not change; by module's name."""
    if path not in site.before:
        return {}
    try:
        text = (site.output.folder / path).read_text("utf-8")
    except (OSError, ValueError):
        return {}
    start = _start(path)
    rows = text.partition(_BEGIN)[2].partition(_END)[0].split("\n")
    named = ((row[len(start) :].partition("/")[0], row) for row in rows if row.startswith(start))
    return {name: row for name, row in named if name not in site.rows.made}
