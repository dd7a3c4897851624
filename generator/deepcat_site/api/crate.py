"""A module's folder as a research object: RO-Crate 1.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from deepcat.catalog.values import Module
from deepcat_site.api.document import compact
from deepcat_site.api.linked import full, licence, people
from deepcat_site.values import Settings
from deepcat_site.views.card import Card
from deepcat_site.views.cite import doi

_FORMATS = {
    ".csv": "text/csv",
    ".gif": "image/gif",
    ".gz": "application/gzip",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".md": "text/markdown",
    ".png": "image/png",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webp": "image/webp",
    ".yaml": "application/yaml",
    ".zip": "application/zip",
}


def ro_crate(
    module: Module, card: Card, files: Mapping[str, int], settings: Settings, raw: str = ""
) -> bytes:
    """A module as a research object, of files that are where it says.

    Args:
        module: the module.
        card: its card.
        files: with their sizes in bytes: of the module's folder where `raw` says where that lies,
            else of those that the website has beside the crate.
        settings: of the catalog.
        raw: what each file's address begins with; empty for beside the crate.
    """
    named = [
        person | {"@id": person.get("@id") or f"#author-{at}"}
        for at, person in enumerate(people(module), 1)
    ]
    creators = list({person["@id"]: person for person in named}.values())
    date = card.updated or card.created or "1970-01-01"
    parts = [
        _file(path, module, raw) | {"contentSize": str(size), "sdDatePublished": date}
        for path, size in files.items()
    ]
    license_ = licence(card.license)
    if isinstance(license_, str) and license_:
        license_ = {"@id": license_, "@type": "CreativeWork", "name": card.license}
    elif license_:
        license_ = {"@id": "#license"} | license_
    publisher = {
        "@id": settings.site_url or "#publisher",
        "@type": "Organization",
        "name": settings.title,
        "url": settings.site_url,
    }
    about = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": card.title,
        "description": card.summary or card.title,
        "datePublished": date,
        "version": card.version,
        "license": _references([license_] if license_ else []),
        "identifier": f"https://doi.org/{doi(module)}" if doi(module) else "",
        "url": f"{settings.site_url}modules/{card.name}/" if settings.site_url else "",
        "keywords": ", ".join(card.tags),
        "author": _references(creators),
        "publisher": _references([publisher]),
        "hasPart": _references(parts),
    }
    others = [publisher, *([license_] if license_ else []), *_with_affiliations(creators), *parts]
    graph = [about, *map(full, (root, *others))]
    return compact({"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph})


def _references(entities: list[dict[str, Any]]) -> Any:
    """Entities by their names; a single one stands alone, as RO-Crate recommends."""
    found = [{"@id": entity["@id"]} for entity in entities]
    return found[0] if len(found) == 1 else found


def _with_affiliations(creators: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The persons, and each organisation that they work for once, as entities of their own."""
    places: dict[str, dict[str, Any]] = {}
    found = []
    for person in creators:
        if place := person.get("affiliation"):
            name = place["name"]
            known = places.setdefault(name, {"@id": f"#affiliation-{len(places) + 1}"} | place)
            person = person | {"affiliation": {"@id": known["@id"]}}  # noqa: PLW2901
        found.append(person)
    return [*found, *places.values()]


def _file(path: str, module: Module, raw: str) -> dict[str, Any]:
    suffix = path[path.rfind(".") :].lower() if "." in path else ""
    found = {
        "@id": f"{raw}{quote(path, errors='surrogateescape')}",
        "@type": "File",
        "name": path,
        "encodingFormat": _FORMATS.get(suffix, "application/octet-stream"),
    }
    if module.model and path == module.model.path:
        found |= {"description": f"the model, {module.model.format}", "sha256": module.model.sha256}
    return found
