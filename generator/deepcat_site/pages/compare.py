"""`compare/…`: modules side by side, as the reader chooses or as the catalog names them."""

from __future__ import annotations

from deepcat_site.api.search import shards
from deepcat_site.digests import digest
from deepcat_site.pages.side_by_side import sides
from deepcat_site.pages.site import Site
from deepcat_site.views import compared


def key(site: Site) -> tuple[str, ...]:
    """Where deployments answer, how many modules there are, and those that are named."""
    rows = [site.entries[name].key for names in _named(site) for name in names]
    return (site.keys.places, str(shards(len(site.entries))), *rows)


def make(site: Site) -> None:
    """Write the page for any choice, and one for each choice that the catalog names."""
    named = [(f"compare/{compared.slug(names)}/", names) for names in _named(site)]
    cards = site.entries.cards
    path, title = "compare/index.html", site.text.browser.compare.title
    site.page(
        path,
        "compare",
        title,
        head=site.frame.part(path, "compare_head"),
        connect=site.origins(),
        heading=title,
        shards=shards(len(site.entries)),
        names=(),
        named=[(address, [cards[name].title for name in names]) for address, names in named],
    )
    for address, names in named:
        _pair(site, f"{address}index.html", names)


def _named(site: Site) -> list[tuple[str, ...]]:
    """What `deepcat.yaml` names, as far as it is shown."""
    return [
        names
        for names in dict.fromkeys(site.source.settings.compare)
        if all(name in site.entries for name in names)
    ]


def _pair(site: Site, path: str, names: tuple[str, ...]) -> None:
    rows = (site.entries[name].key for name in names)
    key = site.parts[path] = digest("\n".join((site.frame.context, *rows)).encode())
    if site.before.get(path) == key:
        site.list_page(path)
        site.output.made.add(path)
        return
    mine = sides(site, names)
    title = site.text.browser.compare.of.format(
        names=", ".join(each.shown.card.title for each in mine)
    )
    table = compared.table(mine, site.text, site.source.settings.currency)
    site.page(path, "compare", title, heading=title, names=names, sides=mine, table=table)
