"""Makes the files of the modules that changed: by digest, records and the page's frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from deepcat.catalog.lineage import Version
from deepcat.catalog.pool import run_together
from deepcat.catalog.values import Module
from deepcat.clouds.market import Market
from deepcat.clouds.registry import is_here
from deepcat_site.digests import digest
from deepcat_site.html.frame import Frame
from deepcat_site.manifest import Entries, Entry, Manifest
from deepcat_site.modules.files import Made, ModuleMaker, make_all
from deepcat_site.modules.used import Used, bases, used
from deepcat_site.pictures import Pictures
from deepcat_site.values import Kept, Source
from deepcat_site.views.trainings import NEWEST, Origin, Row, origin
from deepcat_site.views.trainings import by_module as trainings_by
from deepcat_site.write import Output

if TYPE_CHECKING:
    from deepcat.records.record import Record


def write(
    source: Source, frame: Frame, output: Output, before: Manifest, pictures: Pictures
) -> tuple[Entries, dict[str, str], int]:
    """Make the files of every module that changed.

    Gives the entries of all, what those are found by that were made, and how many files left.
    """
    records = by_module(source.records)
    known = {name: digest(repr(rows).encode()) for name, rows in records.items()}
    keys = {
        name: f"{frame.context} {value} {known.get(name, '')}"
        for name, value in source.catalog.digests.items()
    }
    keys |= {
        name: f"{frame.context} {each.module.digest} {known.get(name, '')} {_faults_key(each)}"
        for name, each in source.kept.items()
    }
    rows_of = trainings_by(source.trainings)
    trained = {name: rows[:NEWEST] for name, rows in rows_of.items()}
    origins = _origins(source, rows_of)
    keys |= {name: f"{keys[name]} {digest(repr(each).encode())}" for name, each in origins.items()}
    keys |= {
        name: f"{keys[name]} {digest(repr(rows).encode())}"
        for name, rows in trained.items()
        if name in keys
    }
    keys |= {
        name: f"{keys[name]} {digest(repr(versions).encode())}"
        for name, versions in _versions(source).items()
        if name in keys
    }
    stale = [name for name, key in keys.items() if _key(before, name).partition("|")[0] != key]
    uses = used(source, bases(source, before.modules, stale))
    keys = {name: f"{key}|{_uses_key(uses.get(name))}" for name, key in keys.items()}
    stale = [name for name, key in keys.items() if _key(before, name) != key]
    done = dict(
        zip(
            stale,
            _make(source, frame, output, stale, records, pictures, uses, trained, origins),
            strict=True,
        )
    )
    output.written += sum(written for *_, written in done.values())
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
    words = {name: row for name, (_, row, _) in done.items()}
    return Entries(entries), words, deleted


def _make(
    source: Source,
    frame: Frame,
    output: Output,
    names: Sequence[str],
    records: Mapping[str, Sequence[Record]],
    pictures: Pictures,
    uses: Mapping[str, Used],
    trained: Mapping[str, Sequence[Row]],
    origins: Mapping[str, Origin],
) -> list[tuple[Entry, str, int]]:
    """Make and write the files of some modules.

    Gives for each what is kept, what it is found by, and how many files were written.
    """
    market, local = Market(source.offers), _locals(source)
    maker = ModuleMaker(
        source.tree, frame, records, market, pictures, local,
        versions=_versions(source), uses=uses, trainings=trained, origins=origins,
    )  # fmt: skip
    modules, kept = source.catalog.modules, source.kept

    def wanted(name: str) -> tuple[ModuleMaker, Module]:
        if name not in kept:
            return maker, modules[name]
        was = kept[name]
        gone = "" if was.faults else was.tree.commit
        return replace(maker, tree=was.tree, faults=was.faults, gone=gone), was.module

    def put(made: Made) -> tuple[Entry, str, int]:
        mine = output.beside()
        for path, content in made.files.items():
            mine.write(path, content)
        entry = Entry.of("", made.card, made.extra(), made.findings, made.drawn)
        return entry, made.words, mine.written

    def make(some: Sequence[str]) -> list[tuple[Entry, str, int]]:
        return [put(made) for made in make_all(map(wanted, some))]

    return run_together(make, names)


def _origins(source: Source, rows: Mapping[str, Sequence[Row]]) -> dict[str, Origin]:
    """Where each module's version that is shown came from, of those that are known."""
    shown = {**source.catalog.modules, **{n: each.module for n, each in source.kept.items()}}
    found = {name: origin(module, rows.get(name, ())) for name, module in shown.items()}
    return {name: each for name, each in found.items() if each}


def _versions(source: Source) -> Mapping[str, tuple[Version, ...]]:
    return source.lineage.versions if source.lineage else {}


def _faults_key(kept: Kept) -> str:
    return digest(repr((kept.tree.commit, kept.faults)).encode())


def _uses_key(uses: Used | None) -> str:
    return digest(repr(uses).encode()) if uses else ""


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
