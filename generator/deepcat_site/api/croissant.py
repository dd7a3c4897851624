"""The data set that a module links to, as Croissant 1.0. Says no more than the module does."""

from __future__ import annotations

from typing import Any

from deepcat.catalog.values import Module
from deepcat_site.views.card import Card
from deepcat_site.views.facts import links
from deepcat_site.views.read import line, mapping

CROISSANT = "http://mlcommons.org/croissant/"
_TERMS = (
    *("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject"),
    *("fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField"),
    *("path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate"),
    *("separator", "source", "subField", "transform"),
)
# The context that Croissant 1.0 asks every document to carry.
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": CROISSANT,
    "rai": f"{CROISSANT}RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS},
}


def croissant(module: Module, card: Card) -> dict[str, Any] | None:
    """Describe the linked data set; None where the module links to none."""
    address = next((url for kind, url, _ in links(module.data) if kind == "dataset"), "")
    if not address:
        return None
    named = line(mapping(module.data.get("training")).get("dataset"), 200)
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": f"{CROISSANT}1.0",
        "name": named or f"Data of {card.title}",
        "description": f"The data that the model {card.title} was trained on.",
        "url": address,
        "keywords": list(dict.fromkeys([*card.data_types, *card.tags])),
    }
