"""`modules/by/…`: plain lists of modules, for crawlers and without scripts.

A changed module has a row of its own made anew in each of its lists. Where it stands in the same
lists as before, that row is swapped in the pages that lie there; else the other rows of such a page
are taken from where the last build wrote them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from deepcat_site.digests import digest
from deepcat_site.pages.site import Site
from deepcat_site.theme.layout import base_of
from deepcat_site.views import lists, shown
from deepcat_site.views.card import Card
from deepcat_site.views.lists import ListPage

# A row is the same on pages of any depth, but for the way back to the root.
_ANY = "modules/by/index.html"
# Of so many changed modules each has its rows swapped; of more, whole pages are put together.
_FEW = 30
# Between these a page has its rows, each in one line.
_BEGIN, _END = '<ul class="plain-list">\n', "\n</ul>\n"


def key(site: Site) -> tuple[str, ...]:
    """The cards; each list has a key of its own in `site.parts`."""
    return (site.keys.cards,)


def make(site: Site) -> None:
    """Write the lists whose cards changed, and the page that leads to them."""
    few = 0 < len(site.rows.made) <= _FEW
    if few and site.before and site.is_same(lists.LISTED) and _patch(site):
        return
    known = lists.makers(site.cards)
    facets = [*lists.facets(site.counts, site.text), *lists.people(known, site.text)]
    site.page(_ANY, "lists", site.text.lists.title, facets=facets)
    stale: dict[str, ListPage] = {}
    for page in lists.pages(site.cards, site.counts, known, site.text):
        key = site.parts[page.path] = _key(site, page)
        if site.before.get(page.path) != key:
            stale[page.path] = page
    _write(site, stale)


def _key(site: Site, page: ListPage) -> str:
    """Changes whenever the page does; then the first name on it."""
    rows = [site.entries[card.name].card for card in page.ranked or page.cards]
    content = "\n".join((site.frame.context, *page.names(), *rows))
    return f"{digest(content.encode())} {page.cards[0].name if page.cards else ''}"


def _write(site: Site, stale: Mapping[str, ListPage]) -> None:
    """Write some pages, from rows that are kept and rows that are made; the others stay."""
    kept = {path: _kept(site, path) for path in stale}
    names = [c.name for p, page in stale.items() for c in page.cards if c.name not in kept[p]]
    made = _rows(site, names)
    for path in site.parts:
        if path not in stale:
            site.list_page(path)
            site.output.made.add(path)
            continue
        page, start = stale[path], _start(path)
        rows = [kept[path].get(card.name) or f"{start}{made[card.name]}" for card in page.cards]
        html = Markup("\n".join(rows))  # noqa: S704 - an autoescaping template's
        site.page(path, "list", page.value or site.text.lists.all, rows=html, **page.values())


def _patch(site: Site) -> bool:
    """The same where all stand in the lists as before: of most pages one row changes.

    False where what lies there is not what the last build wrote.
    """
    changed = [site.entries.cards[name] for name in sorted(site.rows.made)]
    swapped = _swapped(site, changed)
    if swapped is None:
        return False
    site.list_page(_ANY)
    site.output.made.add(_ANY)
    site.parts |= site.before
    for path, (key, html) in swapped.items():
        site.parts[path] = key
        site.output.put(path, html.encode())
    ranked = {path for card in changed for path in lists.ranked(card)}
    known = lists.makers(site.cards, [lists.RANKED]) if ranked else {}
    mine = {kind: {p: rows[p] for p in rows if p in ranked} for kind, rows in known.items()}
    stale = {
        page.path: page
        for page in lists.pages_of(mine, site.text)
        if not site.rows.made.keys().isdisjoint(c.name for c in page.ranked or page.cards)
    }
    site.parts |= {path: _key(site, page) for path, page in stale.items()}
    _write(site, stale)
    return True


def _swapped(site: Site, changed: Sequence[Card]) -> dict[str, tuple[str, str]] | None:
    """Pages with the rows of changed modules made anew: path -> its key and its content."""
    made = _rows(site, [card.name for card in changed])
    found: dict[str, tuple[str, str]] = {}
    for card in changed:
        for folder in lists.plain(card, site.counts):
            path = _page_with(site, folder, card.name)
            try:
                key, text = found.get(path) or (
                    site.before[path],
                    (site.output.folder / path).read_bytes().decode(),
                )
            except (OSError, ValueError, LookupError):
                return None
            row = f"{_start(path)}{card.name}/"
            before, there, rest = text.partition(row)
            if not there:
                return None
            text = f"{before}{_start(path)}{made[card.name]}\n{rest.partition(chr(10))[2]}"
            first = key.partition(" ")[2]
            look = f"{key} {site.entries[card.name].card}"
            found[path] = f"{digest(look.encode())} {first}", text
    return found


def _page_with(site: Site, folder: str, name: str) -> str:
    """The page of a list on which a module stands; they are sorted by name."""
    pages = [f"{folder}index.html"]
    while (path := f"{folder}{len(pages) + 1}/index.html") in site.before:
        pages.append(path)
    firsts = [site.before.get(path, "").partition(" ")[2] for path in pages]
    return pages[max(0, bisect_right(firsts, name) - 1)]


def _rows(site: Site, names: Iterable[str]) -> dict[str, str]:
    """Rows as every page has them, by module's name, without how they begin."""
    known = dict.fromkeys(names)
    cards = [site.entries.cards[name] for name in known]
    rows = [(card, shown.facts(card, site.text)) for card in cards]
    html = site.frame.part(_ANY, "list_row", rows=rows)
    return dict(zip(known, html.split("\n"), strict=True)) if known else {}


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
