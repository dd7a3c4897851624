"""What the last build made of each module, so that this one makes only what changed.

Plain JSON below `.deepcat/cache/`; nothing in it is ever run, and it may be deleted at any time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcat.catalog.findings import Finding, Place, Severity
from deepcat_site.views.card import Card
from deepcat_site.write import digest, replace


@dataclass(slots=True)
class Entry:
    """One module.

    Attributes:
        key: changes whenever its files would.
        card: for lists and search.
        extra: names of its files beyond those that every module has.
        findings: of its topology.
    """

    key: str
    card: Card
    extra: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class Manifest:
    """One build.

    Attributes:
        build: names it.
        modules: by name.
        files: all other files.
    """

    build: str = ""
    modules: dict[str, Entry] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


def read(path: Path) -> Manifest:
    """The manifest of the last build; an empty one where there is none that can be read."""
    try:
        data = json.loads(path.read_bytes())
        modules = {
            name: Entry(row[0], Card(*row[1]), row[2], [_finding(item) for item in row[3]])
            for name, row in data["modules"].items()
        }
        return Manifest(str(data["build"]), modules, list(data["files"]))
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return Manifest()


def write(path: Path, manifest: Manifest) -> str:
    """Keep the manifest; its name, which is also kept in it."""
    modules = {
        name: [entry.key, entry.card, entry.extra, [_row(item) for item in entry.findings]]
        for name, entry in manifest.modules.items()
    }
    parts = [json.dumps(part, separators=(",", ":")) for part in (modules, manifest.files)]
    name = digest("".join(parts).encode())
    replace(path, f'{{"build":"{name}","modules":{parts[0]},"files":{parts[1]}}}'.encode())
    return name


def _row(finding: Finding) -> list[Any]:
    place = finding.place
    words = (finding.code, finding.message, finding.hint, finding.severity.value)
    return [place.path, place.line, place.column, *words]


def _finding(row: list[Any]) -> Finding:
    path, line, column, code, message, hint, severity = row
    return Finding(Place(path, line, column), code, message, hint, Severity(severity))


def findings(entries: Iterable[Entry]) -> list[Finding]:
    """Of all topologies."""
    return [finding for entry in entries for finding in entry.findings]
