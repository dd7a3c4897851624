"""A module as linked data: schema.org with FAIR4ML 0.1.0, and as an RO-Crate 1.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from deepcat.catalog.values import Module
from deepcat_site.api.croissant import CROISSANT
from deepcat_site.api.document import compact
from deepcat_site.values import Settings
from deepcat_site.views.card import Card
from deepcat_site.views.cite import authors, doi
from deepcat_site.views.facts import links, metric_rows
from deepcat_site.views.read import line, mapping, number, plain, texts, web

SCHEMA = "https://schema.org/"
FAIR4ML = "https://w3id.org/fair4ml#"
_SPDX = "https://spdx.org/licenses/"
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
_UNKNOWN = "NOASSERTION"


def _full(value: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    return {key: item for key, item in value.items() if item not in ("", None, [], {})}


def people(module: Module) -> list[dict[str, Any]]:
    """The authors as schema.org's persons and organisations."""
    return [
        _full(
            {
                "@type": "Person" if author.family else "Organization",
                "@id": f"https://orcid.org/{author.orcid}" if author.orcid else "",
                "name": author.name,
                "givenName": author.given,
                "familyName": author.family,
                "affiliation": {"@type": "Organization", "name": author.affiliation}
                if author.affiliation
                else "",
            }
        )
        for author in authors(module)
    ]


def license_url(expression: str) -> str:
    """The address of a single SPDX licence; empty for a compound one."""
    single = expression.replace("-", "").replace(".", "").replace("+", "").isalnum()
    return f"{_SPDX}{expression}" if expression and single and expression != _UNKNOWN else ""


def _license(expression: str) -> Any:
    """A licence as schema.org has it: an address, or a work with the expression as its name."""
    if not expression or expression == _UNKNOWN:
        return ""
    return license_url(expression) or {"@type": "CreativeWork", "name": expression}


def json_ld(module: Module, card: Card, settings: Settings) -> dict[str, Any]:
    """What a module's page says to search engines: schema.org with FAIR4ML's terms."""
    data = module.data
    url = f"{settings.site_url}modules/{card.name}/"
    addresses = {kind: address for kind, address, _ in links(data)}
    facts = mapping(data.get("dates"))
    training = mapping(data.get("training"))
    return _full(
        {
            "@context": [SCHEMA, {"fair4ml": FAIR4ML, "cr": CROISSANT}],
            "@type": ["fair4ml:MLModel", "SoftwareSourceCode"],
            "@id": f"https://doi.org/{doi(module)}" if doi(module) else url,
            "identifier": doi(module) or card.name,
            "name": card.title,
            "description": card.summary or line(plain(data.get("description"))),
            "url": url,
            "version": card.version,
            "license": _license(card.license),
            "dateCreated": line(facts.get("created"), 10),
            "dateModified": line(facts.get("updated"), 10),
            "keywords": list(dict.fromkeys([*card.tags, *card.tasks, *card.data_types])),
            "author": people(module),
            "maintainer": [{"@type": "Person", "name": h} for h in texts(data.get("maintainers"))],
            "publisher": {"@type": "Organization", "name": settings.title},
            "programmingLanguage": "Python",
            "codeRepository": addresses.get("source_code", ""),
            "citation": addresses.get("citation", ""),
            "archivedAt": addresses.get("weights", "")
            or (module.model.source if module.model else ""),
            "isBasedOn": addresses.get("base_model", ""),
            "fair4ml:mlTask": list(card.tasks),
            "fair4ml:fineTunedFrom": _thing("fair4ml:MLModel", addresses.get("base_model", "")),
            "fair4ml:trainedOn": _thing(_DATASET, addresses.get("dataset", "")),
            "fair4ml:hasCO2eEmissions": _emissions(training.get("emissions_kg")),
            "fair4ml:hasEvaluation": _evaluations(data),
        }
    )


_DATASET = ["Dataset", "cr:Dataset"]


def _evaluations(data: Any) -> list[dict[str, Any]]:
    """An evaluation for each data set and split that was measured on."""
    return [
        {
            "@type": "fair4ml:MLModelEvaluation",
            "name": " ".join(filter(None, (name, split))),
            "fair4ml:evaluationDataset": {"@type": _DATASET, "name": name},
            "fair4ml:evaluationMetrics": [f"{metric}: {value:g}" for metric, value in rows],
            "fair4ml:evaluationResults": [
                {"@type": "PropertyValue", "name": metric, "value": value} for metric, value in rows
            ],
        }
        for (name, split), rows in metric_rows(data).items()
    ]


def _emissions(kilograms: Any) -> str:
    found = number(kilograms)
    return "" if found is None else f"{found:g} kg"


def _thing(kind: Any, address: str) -> dict[str, Any] | str:
    return {"@type": kind, "@id": address, "url": address} if web(address) else ""


def ro_crate(
    module: Module, card: Card, files: Mapping[str, int], settings: Settings, raw: str = ""
) -> bytes:
    """The module's folder as a research object.

    Args:
        module: the module.
        card: its card.
        files: paths inside the module's folder, with their sizes in bytes.
        settings: of the catalog.
        raw: what each file's address begins with; without it the crate belongs into the folder.
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
    license_ = _license(card.license)
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
    graph = [about, *map(_full, (root, *others))]
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
