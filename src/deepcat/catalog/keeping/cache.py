"""Verdicts kept between commands under `.deepcat/cache/`, by the fingerprint of what was read.

A row is parsed when it is asked for, so that what did not change costs next to nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from deepcat import __version__, plugins
from deepcat.catalog.findings import NOTHING, Finding, dump, undump
from deepcat.catalog.judging.verdict import Verdict
from deepcat.catalog.keeping import row_file
from deepcat.catalog.keeping.stamps import stamps
from deepcat.catalog.reading.git_tree import GitTree
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.reading.work_tree import WorkTree

FOLDER = Path(".deepcat") / "cache"
_MOST_LASTING = 4096
_SOUND, _BROKEN = "+", "-"
_json = json.JSONEncoder(separators=(",", ":")).encode


class Row(NamedTuple):
    """One verdict as it is kept.

    Attributes:
        fingerprint: of what was read.
        mark: whether it has no errors.
        digest: of the unit.
        facts: as JSON.
        findings: as JSON.
    """

    fingerprint: str
    mark: str
    digest: str
    facts: str
    findings: str


def row_of(fingerprint: str, verdict: Verdict) -> Row:
    """What is kept of a verdict."""
    mark = _SOUND if verdict.sound else _BROKEN
    return Row(fingerprint, mark, verdict.digest, _json(verdict.facts), dump(verdict.findings))


class Verdicts(Mapping[str, Verdict]):
    """Verdicts by unit's path, each parsed when it is first asked for."""

    def __init__(self, rows: Mapping[str, Row]) -> None:
        self._rows = rows
        self._parsed: dict[str, Verdict] = {}

    def __getitem__(self, path: str) -> Verdict:
        if path not in self._parsed:
            self._parsed[path] = _verdict(self._rows[path])
        return self._parsed[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def is_sound(self, path: str) -> bool:
        """Whether a unit has no errors by itself."""
        return self._rows[path].mark == _SOUND

    def digest(self, path: str) -> str:
        """A unit's digest."""
        return self._rows[path].digest

    def facts(self) -> dict[str, dict[str, Any]]:
        """Every unit's facts, by path: read at once, which is several times as quick."""
        rows = ",".join([row.facts for row in self._rows.values()])
        return dict(zip(self._rows, json.loads(f"[{rows}]"), strict=True))

    def findings(self) -> Iterator[Finding]:
        """All findings of all."""
        for row in self._rows.values():
            if row.findings != NOTHING:
                yield from undump(row.findings)

    @property
    def findings_text(self) -> str:
        """All findings of all, as they are kept."""
        rows = self._rows.values()
        return "\n".join([row.findings for row in rows if row.findings != NOTHING])

    @property
    def facts_fingerprint(self) -> str:
        """Changes whenever a unit came or went, or any fact of one changed."""
        text = "\n".join([f"{path}\t{row.facts}" for path, row in self._rows.items()])
        return blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


class Cache:
    """Verdicts by a name and a fingerprint.

    Args:
        file: where they are kept; None keeps them nowhere.
        settings: what else verdicts depend on, such as the catalog's own limits; besides it, the
            packages that are installed.
        lasts: whether what nobody asked for this time is kept, too.
    """

    def __init__(
        self, file: Path | None, settings: Mapping[str, Any], *, lasts: bool = False
    ) -> None:
        self._file = file
        said = json.dumps(settings, sort_keys=True, default=str)
        self._owner = f"{_code_fingerprint()} {plugins.fingerprint()} {said}"
        self._old = row_file.read(file, self._owner)[1] if file else {}
        last = list(self._old.items())[-_MOST_LASTING:] if lasts else ()
        self._new: dict[str, str] = dict(last)

    def row(self, name: str, fingerprint: str) -> Row | None:
        """What is kept under a name, if the fingerprint is still the same; it stays kept."""
        name = row_file.label(name)
        kept = self._old.get(name)
        if kept is None or not kept.startswith(f"{fingerprint}\t"):
            return None
        self._new[name] = kept
        return Row(*kept.split("\t"))

    def get(self, name: str, fingerprint: str) -> Verdict | None:
        """The verdict kept under a name, if the fingerprint is still the same."""
        row = self.row(name, fingerprint)
        return _verdict(row) if row else None

    def put(self, name: str, row: Row) -> None:
        """Keep a verdict."""
        self._new[row_file.label(name)] = "\t".join(row)

    def save(self) -> None:
        """Write what was asked for or put since the cache was opened, if anything changed."""
        if self._file is None or self._new == self._old:
            return
        with suppress(OSError):  # a full or read-only disk costs speed, not the check
            row_file.write(self._file, self._owner, self._new)


def open_cache(tree: Tree, settings: Mapping[str, Any]) -> Cache:
    """The cache that belongs to a tree; an empty one where a tree has no root on the disk."""
    if isinstance(tree, WorkTree):
        return Cache(tree.root / FOLDER / "check-work.txt", settings)
    if isinstance(tree, GitTree):
        return Cache(tree.root / FOLDER / "check-git.txt", settings)
    return Cache(None, settings)


def _verdict(row: Row) -> Verdict:
    return Verdict(tuple(undump(row.findings)), json.loads(row.facts), row.digest)


@cache
def _code_fingerprint() -> str:
    """Changes with deepcat's version, and with every file that judges: rules, schemas, parsers."""
    here = Path(__file__).parents[1]
    kinds = here.parent / "clouds" / "kinds"
    facts = sorted([*stamps(here, ".py", ".schema.json"), *stamps(kinds, "kind.py")])
    return f"{__version__} {blake2b(repr(facts).encode(), digest_size=16).hexdigest()}"
