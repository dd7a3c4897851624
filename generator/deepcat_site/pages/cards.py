"""`search/cards/…`: the cards as they are shown, a few in a file, for the lists of the browser."""

from __future__ import annotations

from deepcat_site.api import document, search
from deepcat_site.digests import digest, shard_of
from deepcat_site.pages.site import Site

# The pages that show them lie this deep, all alike: what a card leads to is written for them.
_DEPTH = "search/cards.html"


def key(site: Site) -> tuple[str, ...]:
    """The cards and what is drawn on them; each file has a key of its own in `site.parts`."""
    return (site.keys.looks,)


def make(site: Site) -> None:
    """Write the files whose cards changed."""
    count = search.shards(len(site.entries))
    shards: dict[int, list[str]] = {}
    for name in sorted(site.entries):
        shards.setdefault(shard_of(name, count), []).append(name)
    for number, names in shards.items():
        path = f"search/cards/{number}.json"
        was = site.before.get(path)
        if was and site.changed is not None and site.rows.made.keys().isdisjoint(names):
            key = was
        else:
            rows = (f"{site.entries[name].card} {site.entries[name].drawn}" for name in names)
            key = digest("\n".join((site.frame.context, *rows)).encode())
        site.parts[path] = key
        if was == key:
            site.output.made.add(path)
            continue
        shown = site.shown(site.entries.cards[name] for name in names)
        html = site.frame.part(_DEPTH, "cards", cards=shown)
        site.output.put(path, document.compact(dict(zip(names, html.split("\n"), strict=True))))
