"""`search/words/…` and `search/readme/…`: which words stand in which modules.

A changed module has the files written anew that hold one of its words, and no others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from deepcat_site import terms
from deepcat_site.api import document, fields, postings
from deepcat_site.api.fields import Row
from deepcat_site.api.search import stamp
from deepcat_site.pages.site import Site
from deepcat_site.views.readme import readme

# From so many changed modules on, all files are made anew.
_MANY = 300


def key(site: Site) -> tuple[str, ...]:
    """All that modules are made of."""
    return (site.keys.modules,)


def make(site: Site) -> None:
    """Write the files, or those that changed."""
    names = sorted(site.entries)
    was, now = site.before.get("stamp"), stamp(names)
    site.parts["stamp"] = now
    if was != now or len(site.rows.made) > _MANY or not _patch(site, names):
        _whole(site, names)
    site.rows.keep(names)
    site.output.made |= {
        _path(kind, number)
        for kind in postings.KINDS
        for number in range(postings.files(kind, len(names)))
    }


def _path(kind: str, number: int) -> str:
    return f"search/{kind}/{number}.json"


def _put(site: Site, kind: str, number: int, words: dict[str, str]) -> None:
    content = document.compact({"of": site.parts["stamp"], "words": words})
    site.output.put(_path(kind, number), content)


def _whole(site: Site, names: list[str]) -> None:
    for kind in postings.KINDS:
        buckets = postings.pack(kind, _rows(site, names), len(names))
        for number, words in buckets.items():
            _put(site, kind, number, words)


def _rows(site: Site, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if (known := site.rows.now(name)) is None:
            known = _anew(site, name).dump()
            site.rows.learn(name, known)
        yield known


def _anew(site: Site, name: str) -> Row:
    """A module's row, where what was kept of it is gone."""
    source = site.source
    kept = source.kept.get(name)
    module, tree = (kept.module, kept.tree) if kept else (source.catalog.modules[name], source.tree)
    card = site.entries.cards[name]
    return fields.row(module, card, readme(tree, module), terms.load().stop)


def _patch(site: Site, names: list[str]) -> bool:
    """Change what the modules that were made anew change; whether that could be done."""
    try:
        for (kind, number), words in sorted(_changes(site, names).items()):
            target = site.output.folder / _path(kind, number)
            known = json.loads(target.read_bytes())["words"]
            _put(site, kind, number, postings.changed(kind, known, words))
    except (OSError, ValueError, LookupError):
        return False  # what was kept is lost, or somebody else wrote into the folder
    return True


def _changes(
    site: Site, names: list[str]
) -> dict[tuple[str, int], dict[str, dict[int, int | None]]]:
    """Kind and number of a file -> word -> module's number -> what stands there now.

    Raises:
        LookupError: nobody knows what a module was found by before.
        ValueError: as `Row.parse`.
    """
    numbers = {name: number for number, name in enumerate(names)}
    changes: dict[tuple[str, int], dict[str, dict[int, int | None]]] = {}
    for name, made in site.rows.made.items():
        before = site.rows.before(name)
        if before is None:
            raise LookupError(name)
        for kind in postings.KINDS:
            was = postings.of_kind(kind, Row.parse(before))
            now = postings.of_kind(kind, Row.parse(made))
            count = postings.files(kind, len(names))
            for word in was.keys() | now.keys():
                if was.get(word) != now.get(word):
                    file = kind, postings.file_of(word, count)
                    row = changes.setdefault(file, {}).setdefault(word, {})
                    row[numbers[name]] = now.get(word)
    return changes
