"""`collections/…`: modules that somebody put together, a page for each collection."""

from __future__ import annotations

from markupsafe import Markup

from deepcat.catalog.values import Collection
from deepcat_site.digests import digest
from deepcat_site.html import markup
from deepcat_site.pages.side_by_side import sides
from deepcat_site.pages.site import Site
from deepcat_site.views import compared
from deepcat_site.views.read import line, web


def key(site: Site) -> tuple[str, ...]:
    """The collections, and the modules in them; each has a key of its own in `site.parts`."""
    return tuple(_key(site, group) for group in _groups(site))


def make(site: Site) -> None:
    """Write the page of all, and those of the collections that changed."""
    groups = _groups(site)
    rows = [(g.name, line(g.title, 120), len(_names(site, g))) for g in groups]
    site.page("collections/index.html", "collections", site.text.collections.title, rows=rows)
    for group in groups:
        path = f"collections/{group.name}/index.html"
        key = site.parts[path] = digest(f"{site.frame.context} {_key(site, group)}".encode())
        if site.before.get(path) == key:
            site.list_page(path)
            site.output.made.add(path)
        else:
            _one(site, group, path)


def _address(target: str, is_picture: bool) -> str:
    """Where a link of a collection's text leads: to the web; no picture comes from there."""
    return "" if is_picture else web(target)


def _groups(site: Site) -> list[Collection]:
    return [group for _, group in sorted(site.source.catalog.collections.items())]


def _names(site: Site, group: Collection) -> list[str]:
    """Those of its modules that are shown."""
    return [name for name in group.modules if name in site.entries]


def _key(site: Site, group: Collection) -> str:
    """All that its page shows: of modules side by side also what no card says."""
    found = [site.entries[name] for name in _names(site, group)]
    rows = [each.key if group.compare else f"{each.card} {each.drawn}" for each in found]
    return digest("\n".join((repr(group), *rows)).encode())


def _one(site: Site, group: Collection, path: str) -> None:
    names = _names(site, group)
    cards = site.entries.cards
    mine = sides(site, names) if group.compare and len(names) > 1 else []
    table = compared.table(mine, site.text, site.source.settings.currency) if mine else []
    site.page(
        path,
        "collection",
        line(group.title, 120),
        group=group,
        heading=line(group.title, 120),
        about=Markup(markup.readme(group.description, _address)),  # noqa: S704 - sanitised
        cards=site.shown(cards[name] for name in names),
        names=names[: compared.MOST],
        sides=mine,
        table=table,
    )
