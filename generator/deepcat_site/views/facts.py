"""What a module says of itself, by subject: links, resources, changes, provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from deepcat.catalog.values import Module
from deepcat_site.html import formats
from deepcat_site.views.read import line, mapping, mappings, number, once, plain, web


@dataclass(frozen=True, slots=True)
class Needs:
    """Resources as a table: a column for each of `kinds`, a row for each resource."""

    kinds: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Since when nobody should use a module, why, and which one instead; empty where not said."""

    since: str
    reason: str
    replaced_by: str


def deprecation(data: Mapping[str, Any]) -> Deprecation:
    """What a deprecated module says of that."""
    said = mapping(data.get("deprecated"))
    return Deprecation(
        line(said.get("since"), 10), line(said.get("reason"), 1000), line(said.get("replaced_by"))
    )


@once
def links(data: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Rows of kind, address and the host that it leads to."""
    rows = []
    for key, value in mapping(data.get("links")).items():
        for address in [value] if isinstance(value, str) else value or ():
            if web(address):
                rows.append((line(key, 40), web(address), urlsplit(web(address)).netloc))
    return tuple(rows)


_RESOURCES = ("cpu", "memory_MB", "gpu", "gpu_memory_MB", "gpu_compute_capability", "storage_MB")


@once
def resources(data: Mapping[str, Any]) -> Mapping[str, Mapping[str, float]]:
    """What inference and training need, by the field's name; what is not said is left out."""
    found = {}
    for kind in ("inference", "training"):
        given = mapping(mapping(data.get("resources")).get(kind))
        row = {key: amount for key in _RESOURCES if (amount := number(given.get(key))) is not None}
        if row:
            found[kind] = row
    return found


def needs(data: Mapping[str, Any]) -> Needs | None:
    """The resources as a table, or None where nothing is said."""
    found = resources(data)
    rows = [
        (key, tuple(formats.number(row[key]) if key in row else "–" for row in found.values()))
        for key in _RESOURCES
        if any(key in row for row in found.values())
    ]
    return Needs(tuple(found), tuple(rows)) if rows else None


def changes(data: Mapping[str, Any]) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    """Rows of version, date and its changes as kind and text, in the file's order."""
    versions: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    for item in mappings(data.get("changes")):
        version = line(item.get("version"), 60)
        _, rows = versions.setdefault(version, (line(item.get("date"), 10), []))
        rows.append((line(item.get("kind"), 20), plain(item.get("text"))))
    return tuple((version, date, tuple(rows)) for version, (date, rows) in versions.items())


def provenance(module: Module) -> Mapping[str, str]:
    """Where the model and its metadata come from, by the field's name."""
    training = mapping(module.data.get("training"))
    came = mapping(module.data.get("provenance"))
    found = {
        "format": module.model.format if module.model else "",
        "archive": (module.model.path or module.model.source) if module.model else "",
        "sha256": module.model.sha256 if module.model else "",
        "script": line(training.get("script"), 200),
        "seed": line(training.get("seed"), 40),
        "imported": line(came.get("source"), 200),
        "imported_commit": line(came.get("commit"), 64),
        "digest": module.digest,
    }
    return {key: value for key, value in found.items() if value}
