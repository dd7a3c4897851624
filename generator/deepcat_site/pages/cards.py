"""`search/cards/…`: the cards as they are shown, a few in a file, for the lists of the browser."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from deepcat_site.api import document, search
from deepcat_site.digests import digest, shard_of
from deepcat_site.manifest import Entry
from deepcat_site.pages.site import Site

# The pages that show them lie this deep, all alike: what a card leads to is written for them.
_DEPTH = "search/cards.html"


def key(site: Site) -> tuple[str, ...]:
    """The cards and what is drawn on them; each file has a key of its own in `site.parts`."""
    return (site.keys.looks,)


def make(site: Site) -> None:
    """Write the files whose cards changed."""
    shards = _touched(site)
    if shards is None:
        shards = _dealt(site.entries, search.shards(len(site.entries)))
    else:
        site.parts |= site.before
        site.output.made |= site.before.keys()
    for number, names in shards.items():
        path = _path(number)
        key = site.parts[path] = _key(site, site.entries, names)
        if site.before.get(path) == key:
            site.output.made.add(path)
            continue
        shown = site.shown(site.entries.cards[name] for name in names)
        html = site.frame.part(_DEPTH, "cards", cards=shown)
        site.output.put(path, document.compact(dict(zip(names, html.split("\n"), strict=True))))


def _touched(site: Site) -> Mapping[int, Sequence[str]] | None:
    """The files with a changed module and the names that stand there; None where any may differ."""
    if site.changed is None:
        return None
    count = search.shards(len(site.entries))
    found = {}
    for number in {shard_of(name, count) for name in site.rows.made}:
        path, names = _path(number), []
        with suppress(OSError, ValueError):
            names = list(json.loads((site.output.folder / path).read_bytes()))
        if not site.last.keys() >= set(names) or site.before.get(path) != _key(
            site, site.last, names
        ):
            return None  # somebody else wrote into the folder
        found[number] = names
    return found


def _dealt(names: Iterable[str], count: int) -> dict[int, list[str]]:
    shards: dict[int, list[str]] = {}
    for name in sorted(names):
        shards.setdefault(shard_of(name, count), []).append(name)
    return shards


def _key(site: Site, entries: Mapping[str, Entry], names: Iterable[str]) -> str:
    rows = (f"{entries[name].card} {entries[name].drawn}" for name in names)
    return digest("\n".join((site.frame.context, *rows)).encode())


def _path(number: int) -> str:
    return f"search/cards/{number}.json"
