"""How modules hang together: models made from others, collections, deployments. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from deepcat_site.manifest import NO_BASE, Entry
from deepcat_site.values import Source
from deepcat_site.views.read import line


class Used(NamedTuple):
    """By what one module is used, and what it uses itself.

    Attributes:
        base: the module that it was made from, where that is shown.
        made: names of the modules that were made from it.
        collections: name and title of those that hold it.
        wishes: names of the deployments that ask for it, whether or not they run.
        data: name and title of the data sets that it is trained with.
    """

    base: str = ""
    made: tuple[str, ...] = ()
    collections: tuple[tuple[str, str], ...] = ()
    wishes: tuple[str, ...] = ()
    data: tuple[tuple[str, str], ...] = ()


def used(source: Source, bases: Mapping[str, str]) -> dict[str, Used]:
    """Of each module that is used by something.

    Args:
        source: the catalog.
        bases: module's name -> what it was made from.
    """
    found: dict[str, Used] = {}
    for name, base in sorted(bases.items()):
        if base in source.catalog.digests:
            known = found.get(base, Used())
            found[base] = known._replace(made=(*known.made, name))
            found[name] = found.get(name, Used())._replace(base=base)
    for _, group in sorted(source.catalog.collections.items()):
        for name in group.modules:
            known = found.get(name, Used())
            rows = (*known.collections, (group.name, line(group.title, 120)))
            found[name] = known._replace(collections=rows)
    for _, wish in sorted(source.catalog.deployments.items()):
        known = found.get(wish.module, Used())
        found[wish.module] = known._replace(wishes=(*known.wishes, wish.name))
    for name, read in sorted(source.catalog.reads.items()):
        titles = {each: source.catalog.datasets.get(each) for each in read}
        rows = tuple((each, line(data.data["title"], 120)) for each, data in titles.items() if data)
        if rows:
            found[name] = found.get(name, Used())._replace(data=rows)
    return found


def bases(source: Source, before: Mapping[str, Entry], stale: Iterable[str]) -> dict[str, str]:
    """What modules were made from: of changed ones as they say now, of others as was kept."""
    changed = source.catalog.bases.keys() & stale
    found = {name: base for name in changed if (base := source.catalog.bases[name])}
    for name in source.catalog.digests:
        entry = before.get(name)
        if name not in changed and entry is not None and not entry.card.endswith(NO_BASE):
            found[name] = entry.parsed().base
    return found
