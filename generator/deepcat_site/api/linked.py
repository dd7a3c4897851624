"""A module as linked data: schema.org with FAIR4ML 0.1.0."""

from __future__ import annotations

from typing import Any

from deepcat.catalog.values import Module
from deepcat_site.api.croissant import CROISSANT
from deepcat_site.values import Settings
from deepcat_site.views.card import Card
from deepcat_site.views.cite import authors, doi
from deepcat_site.views.facts import links
from deepcat_site.views.measures import groups, measures
from deepcat_site.views.read import line, mapping, number, plain, texts, web

SCHEMA = "https://schema.org/"
FAIR4ML = "https://w3id.org/fair4ml#"
_SPDX = "https://spdx.org/licenses/"
_DATASET = ["Dataset", "cr:Dataset"]
_UNKNOWN = "NOASSERTION"


def full(value: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    return {key: item for key, item in value.items() if item not in ("", None, [], {})}


def people(module: Module) -> list[dict[str, Any]]:
    """The authors as schema.org's persons and organisations."""
    return [
        full(
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


def licence(expression: str) -> Any:
    """A licence as schema.org has it: an address, or a work with the expression as its name."""
    if not expression or expression == _UNKNOWN:
        return ""
    return license_url(expression) or {"@type": "CreativeWork", "name": expression}


def address_of(module: Module, path: str, settings: Settings) -> dict[str, Any]:
    """What `json_ld` says of the address, for another page of the module."""
    url = f"{settings.site_url}{path}" if settings.site_url else ""
    return full({"@id": "" if doi(module) else url, "url": url})


def json_ld(module: Module, card: Card, settings: Settings) -> dict[str, Any]:
    """What a module's page says to search engines: schema.org with FAIR4ML's terms."""
    data = module.data
    url = f"{settings.site_url}modules/{card.name}/" if settings.site_url else ""
    addresses = {kind: address for kind, address, _ in links(data)}
    facts = mapping(data.get("dates"))
    training = mapping(data.get("training"))
    return full(
        {
            "@context": [SCHEMA, {"fair4ml": FAIR4ML, "cr": CROISSANT}],
            "@type": ["fair4ml:MLModel", "SoftwareSourceCode"],
            "@id": f"https://doi.org/{doi(module)}" if doi(module) else url,
            "identifier": doi(module) or card.name,
            "name": card.title,
            "description": card.summary or line(plain(data.get("description"))),
            "url": url,
            "version": card.version,
            "license": licence(card.license),
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


def _evaluations(data: Any) -> list[dict[str, Any]]:
    """An evaluation for each data set and split that was measured on."""
    return [
        {
            "@type": "fair4ml:MLModelEvaluation",
            "name": " ".join(filter(None, (name, split))),
            "fair4ml:evaluationDataset": {"@type": _DATASET, "name": name},
            "fair4ml:evaluationMetrics": [f"{each.name}: {each.written:g}" for each in rows],
            "fair4ml:evaluationResults": [
                full(
                    {
                        "@type": "PropertyValue",
                        "name": each.name,
                        "value": each.written,
                        "unitText": each.written_unit,
                    }
                )
                for each in rows
            ],
        }
        for (name, split), rows in groups(measures(data)).items()
    ]


def _emissions(kilograms: Any) -> str:
    found = number(kilograms)
    return "" if found is None else f"{found:g} kg"


def _thing(kind: Any, address: str) -> dict[str, Any] | str:
    return {"@type": kind, "@id": address, "url": address} if web(address) else ""
