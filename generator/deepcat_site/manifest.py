"""What the last build made, so that this one makes only what changed.

Plain rows below `.deepcat/cache/`; nothing in it is ever run, and it may be deleted at any time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from deepcat.catalog.findings import NOTHING, Finding, dump, undump
from deepcat.catalog.keeping import row_file
from deepcat_site.digests import digest
from deepcat_site.views.card import Card

_FORMAT = "deepcat-site/4"
_STEP = "step "
# What every module has.
_EVERY = (
    *("api/v1/modules/{}.json", "modules/{}/index.html", "modules/{}/feed.xml"),
    *("modules/{}/CITATION.cff", "modules/{}/ro-crate-metadata.json"),
)
# How a card ends whose module was made from no other model.
NO_BASE = ',""]'
_json = json.JSONEncoder(separators=(",", ":")).encode


class Entry(NamedTuple):
    """One module, as it is kept.

    Attributes:
        key: changes whenever its files would.
        card: for lists and search, as JSON.
        extra: names of its files beyond those that every module has, as JSON.
        findings: of its topology, as JSON.
        drawn: its first sample as HTML, as JSON.
    """

    key: str
    card: str
    extra: str
    findings: str
    drawn: str

    @classmethod
    def of(
        cls, key: str, card: Card, extra: list[str], findings: Iterable[Finding], drawn: str
    ) -> Entry:
        """What is kept of a module that was just made."""
        return cls(key, _json(card), _json(extra), dump(findings), _json(drawn))

    def parsed(self) -> Card:
        """Its card."""
        return Card(*json.loads(self.card))

    def shown(self) -> Markup:
        """Its first sample, drawn; empty where nothing is."""
        return Markup(json.loads(self.drawn))  # noqa: S704 - made by `views.drawn`

    def files(self) -> list[str]:
        """Names of its files beyond those that every module has."""
        return [str(name) for name in json.loads(self.extra)]


class Entries(Mapping[str, Entry]):
    """All modules by name; cards are parsed when somebody needs all of them."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @cached_property
    def cards(self) -> dict[str, Card]:
        """Every module's card, by name, sorted."""
        names = sorted(self)
        rows = ",".join([self[name].card for name in names])  # read at once, which is quicker
        return {name: Card(*row) for name, row in zip(names, json.loads(f"[{rows}]"), strict=True)}

    @cached_property
    def cards_key(self) -> str:
        """Changes whenever a card does, or a module comes or goes."""
        return digest("\n".join([entry.card for entry in self._entries.values()]).encode())

    @cached_property
    def looks_key(self) -> str:
        """Changes whenever a card does or what is drawn on it, or a module comes or goes."""
        rows = [f"{entry.card} {entry.drawn}" for entry in self._entries.values()]
        return digest("\n".join(rows).encode())

    @cached_property
    def bases_key(self) -> str:
        """Changes whenever a tree of models does; empty where there is none."""
        # A card ends with the model that its module was made from: as nearly always, none.
        rows = [entry.card for entry in self._entries.values() if not entry.card.endswith(NO_BASE)]
        if not rows:
            return ""
        bases = sorted({json.loads(row)[-1] for row in rows} & self._entries.keys())
        return digest("\n".join((*rows, *(self[base].card for base in bases))).encode())

    @cached_property
    def findings_key(self) -> str:
        """Changes whenever a finding does, or a module comes or goes."""
        rows = [f"{name} {entry.findings}" for name, entry in self._entries.items()]
        return digest("\n".join(rows).encode())

    def findings(self) -> list[Finding]:
        """Of all topologies."""
        texts = [entry.findings for entry in self._entries.values()]
        return [finding for text in texts if text != NOTHING for finding in undump(text)]


@dataclass(slots=True)
class Step:
    """A part of the website that is not of one module.

    Attributes:
        key: changes whenever its files would.
        files: their paths.
        addresses: of its pages, for the sitemap.
        parts: path -> key, of files that are made one by one.
    """

    key: str
    files: Sequence[str] = ()
    addresses: Sequence[str] = ()
    parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Manifest:
    """One build.

    Attributes:
        build: names it.
        modules: by name.
        steps: by name.
    """

    build: str = ""
    modules: Mapping[str, Entry] = field(default_factory=dict)
    steps: Mapping[str, Step] = field(default_factory=dict)

    def files(self) -> set[str]:
        """All files that are not of one module."""
        return {path for step in self.steps.values() for path in step.files}

    def all_files(self) -> set[str]:
        """All files, those of modules among them."""
        found = self.files() | {path.format(name) for path in _EVERY for name in self.modules}
        return found.union(*(entry.files() for entry in self.modules.values()))


def read(path: Path) -> Manifest:
    """The manifest of the last build; an empty one where there is none that can be read."""
    name, rows = row_file.read(path, _FORMAT)
    modules, steps = {}, {}
    try:
        for title, columns in rows.items():
            if title.startswith(_STEP):
                key, *parts = columns.split("\t")
                steps[title[len(_STEP) :]] = Step(key, *map(json.loads, parts))
            else:
                modules[title] = Entry(*columns.split("\t"))
    except (ValueError, TypeError):
        return Manifest()
    return Manifest(name, modules, steps)


def write(path: Path, manifest: Manifest) -> str:
    """Keep the manifest; its name, which is also kept in it. Empty where it cannot be kept."""
    rows = {name: "\t".join(entry) for name, entry in manifest.modules.items()}
    for name, step in manifest.steps.items():
        parts = map(_json, (step.files, step.addresses, dict(step.parts)))
        rows[f"{_STEP}{name}"] = "\t".join((step.key, *parts))
    with suppress(OSError):  # a full disk costs speed, not the build
        return row_file.write(path, _FORMAT, rows)
    return ""
