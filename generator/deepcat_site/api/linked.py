"""A module as linked data: schema.org with FAIR4ML 0.1.0, and as an RO-Crate 1.1."""

from __future__ import annotations

from typing import Any

from deepcat.catalog.values import Module
from deepcat_site.api.document import compact
from deepcat_site.values import Settings
from deepcat_site.views.card import Card
from deepcat_site.views.cite import authors, doi
from deepcat_site.views.module import links, metric_rows
from deepcat_site.views.read import line, mapping, plain, texts, web

SCHEMA = "https://schema.org/"
FAIR4ML = "https://w3id.org/fair4ml/"
_SPDX = "https://spdx.org/licenses/"


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
    """The address of a single SPDX licence; the expression itself for a compound one."""
    single = expression.replace("-", "").replace(".", "").replace("+", "").isalnum()
    return f"{_SPDX}{expression}" if expression and single else expression


def json_ld(module: Module, card: Card, settings: Settings) -> dict[str, Any]:
    """What a module's page says to search engines: schema.org with FAIR4ML's terms."""
    data = module.data
    url = f"{settings.site_url}modules/{card.name}/"
    addresses = {kind: address for kind, address, _ in links(data)}
    facts = mapping(data.get("dates"))
    measured = metric_rows(data)
    return _full(
        {
            "@context": [SCHEMA, {"fair4ml": FAIR4ML}],
            "@type": ["fair4ml:MLModel", "SoftwareSourceCode"],
            "@id": f"https://doi.org/{doi(module)}" if doi(module) else url,
            "identifier": doi(module) or card.name,
            "name": card.title,
            "description": card.summary or line(plain(data.get("description"))),
            "url": url,
            "version": card.version,
            "license": license_url(card.license),
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
            "fair4ml:fineTunedFrom": addresses.get("base_model", ""),
            "fair4ml:trainedOn": _dataset(addresses.get("dataset", "")),
            "fair4ml:evaluatedOn": [
                {"@type": "Dataset", "name": name}
                for name in dict.fromkeys(dataset for dataset, _ in measured)
            ],
            "fair4ml:evaluationMetrics": [
                {"@type": "PropertyValue", "name": name, "value": value}
                for rows in measured.values()
                for name, value in rows
            ],
        }
    )


def _dataset(address: str) -> dict[str, Any] | str:
    return {"@type": "Dataset", "@id": address, "url": address} if web(address) else ""


def ro_crate(module: Module, card: Card, files: list[str], settings: Settings) -> bytes:
    """The module's folder as a research object.

    Args:
        module: the module.
        card: its card.
        files: paths inside the module's folder.
        settings: of the catalog.
    """
    people_ = [
        person | {"@id": person.get("@id") or f"#author-{number}"}
        for number, person in enumerate(people(module), 1)
    ]
    date = card.updated or card.created or "1970-01-01"
    license_ = license_url(card.license)
    graph: list[dict[str, Any]] = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
            "about": {"@id": "./"},
        },
        _full(
            {
                "@id": "./",
                "@type": "Dataset",
                "name": card.title,
                "description": card.summary or card.title,
                "datePublished": date,
                "version": card.version,
                "license": {"@id": license_} if license_ else "",
                "identifier": f"https://doi.org/{doi(module)}" if doi(module) else "",
                "url": f"{settings.site_url}modules/{card.name}/" if settings.site_url else "",
                "keywords": ", ".join(card.tags),
                "author": [{"@id": person["@id"]} for person in people_],
                "hasPart": [{"@id": path} for path in files],
            }
        ),
    ]
    if license_.startswith(_SPDX):
        graph.append({"@id": license_, "@type": "CreativeWork", "name": card.license})
    for person in people_:
        affiliation = person.pop("affiliation", None)
        graph.append(person | ({"affiliation": affiliation["name"]} if affiliation else {}))
    graph.extend(_file(path, module) for path in files)
    crate = {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}
    return compact(crate)


def _file(path: str, module: Module) -> dict[str, Any]:
    kinds = {".yaml": "application/yaml", ".md": "text/markdown", ".py": "text/x-python",
             ".json": "application/json", ".gz": "application/gzip"}  # fmt: skip
    suffix = path[path.rfind(".") :] if "." in path else ""
    found = {"@id": path, "@type": "File", "name": path, "encodingFormat": kinds.get(suffix, "")}
    if module.model and path == module.model.path:
        found |= {"description": f"the model, {module.model.format}", "sha256": module.model.sha256}
    return _full(found)
