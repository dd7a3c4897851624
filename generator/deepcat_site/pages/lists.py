"""`modules/by/…`: plain lists of modules, for crawlers and without scripts.

A changed module has a row of its own made anew in each of its lists; the other rows of such a page
are taken from where the last build wrote them.
"""

from __future__ import annotations

from functools import cache

from markupsafe import Markup

from deepcat_site.digests import digest
from deepcat_site.pages.site import Site
from deepcat_site.theme.layout import base_of
from deepcat_site.views import lists, shown

# A row is the same on pages of any depth, but for the way back to the root.
_ANY = "modules/by/index.html"
# Between these a page has its rows, each in one line.
_BEGIN, _END = '<ul class="plain-list">\n', "\n</ul>\n"


def key(site: Site) -> tuple[str, ...]:
    """The cards; each list has a key of its own in `site.parts`."""
    return (site.keys.cards,)


def make(site: Site) -> None:
    """Write the lists whose cards changed, and the page that leads to them."""
    known = lists.makers(site.cards)
    facets = [*lists.facets(site.counts, site.text), *lists.people(known, site.text)]
    site.page("modules/by/index.html", "lists", site.text.lists.title, facets=facets)
    frame = site.frame.context
    # Where all stand in the same lists as before, only pages with a changed module are looked at.
    is_same, made = site.is_same(lists.LISTED), site.rows.made.keys()

    @cache
    def looks(name: str) -> str:
        return digest(site.entries[name].card.encode())

    @cache
    def row(name: str) -> str:
        card = site.entries.cards[name]
        facts = shown.facts(card, site.text)
        return site.frame.part(_ANY, "list_row", item=card, facts=facts).replace("\n", " ")

    for page in lists.pages(site.cards, site.counts, known, site.text):
        names = [card.name for card in page.ranked or page.cards]
        was = site.before.get(page.path)
        if was and is_same and made.isdisjoint(names):
            key = was
        else:
            key = digest("\n".join((frame, *page.names(), *map(looks, names))).encode())
        site.parts[page.path] = key
        if was == key:
            site.list_page(page.path)
            site.output.made.add(page.path)
            continue
        title = page.value or site.text.lists.all
        kept, start = _kept(site, page.path), _start(page.path)
        rows = [kept.get(card.name) or f"{start}{row(card.name)}" for card in page.cards]
        html = Markup("\n".join(rows))  # noqa: S704 - an autoescaping template's
        site.page(page.path, "list", title, rows=html, **page.values())


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
