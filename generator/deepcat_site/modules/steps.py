"""Makes the files of the modules that changed: by digest, records and the page's frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deepcat.catalog.pool import run_all
from deepcat.clouds.market import Market
from deepcat.clouds.registry import is_here
from deepcat.records.record import Record
from deepcat_site.digests import digest
from deepcat_site.html.frame import Frame
from deepcat_site.manifest import Entries, Entry, Manifest
from deepcat_site.modules.files import ModuleMaker
from deepcat_site.values import Source
from deepcat_site.write import Output


def write(
    source: Source, frame: Frame, output: Output, before: Manifest
) -> tuple[Entries, int, int]:
    """Make the files of every module that changed; entries of all, how many were made, deleted."""
    records = by_module(source.records)
    known = {name: digest(repr(rows).encode()) for name, rows in records.items()}
    keys = {
        name: f"{frame.context} {value} {known.get(name, '')}"
        for name, value in source.catalog.digests.items()
    }
    stale = [name for name, key in keys.items() if _key(before, name) != key]
    done = dict(zip(stale, _make(source, frame, output, stale, records), strict=True))
    output.written += sum(written for _, written in done.values())
    entries = {}
    deleted = 0
    for name, key in keys.items():
        old = before.modules.get(name)
        if name in done:
            entries[name] = new = done[name][0]._replace(key=key)
            if old is not None and old.extra != new.extra:
                deleted += output.delete(sorted({*old.files()} - {*new.files()}))
        elif old is not None:
            entries[name] = old
    return Entries(entries), len(stale), deleted


def _make(
    source: Source,
    frame: Frame,
    output: Output,
    names: Sequence[str],
    records: Mapping[str, Sequence[Record]],
) -> list[tuple[Entry, int]]:
    """Make and write the files of some modules; what is kept of each, and how many were written."""
    maker = ModuleMaker(source.tree, frame, records, Market(source.offers), _locals(source))
    modules = source.catalog.modules

    def make(name: str) -> tuple[Entry, int]:
        made = maker.make(modules[name])
        mine = output.beside()
        for path, content in made.files.items():
            mine.write(path, content)
        return Entry.of("", made.card, made.extra(), made.findings), mine.written

    return run_all(make, names, chunk=16)


def _key(before: Manifest, name: str) -> str:
    entry = before.modules.get(name)
    return entry.key if entry else ""


def by_module(records: Mapping[str, Record]) -> dict[str, Sequence[Record]]:
    """Module's name -> records of its deployments, by name."""
    found: dict[str, list[Record]] = {}
    for _, record in sorted(records.items()):
        found.setdefault(record.state.module, []).append(record)
    return dict(found)


def _locals(source: Source) -> str:
    """The name of the cloud that is this machine; empty where there is none."""
    return next((c.name for c in source.catalog.clouds.values() if is_here(c)), "")
