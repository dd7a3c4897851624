"""The data set that a module links to, as Croissant 1.0. Says no more than the module does."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from deepcat.catalog.values import Dataset, Module
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
# A description that names more files is of no use to a reader; the manifest has all.
_MOST = 1000
_FORMATS = {
    "csv": "text/csv",
    "json": "application/json",
    "zip": "application/zip",
    "png": "image/png",
}
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


def of_data(data: Dataset, address: str) -> dict[str, Any]:
    """Describe a data set of the catalog: what its file says, and each of its files.

    Args:
        data: the data set.
        address: where the one file, or the folder of all, lies; empty where the web has it not.
    """
    said = data.data
    found: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": f"{CROISSANT}1.0",
        "name": line(said["title"], 120),
        "description": said.get("description") or line(said["title"], 120),
    }
    if doi := said.get("doi"):
        found["identifier"] = f"https://doi.org/{doi}"
    kept = {"license": "license", "url": "homepage", "citeAs": "citation"}
    found |= {key: said[own] for key, own in kept.items() if said.get(own)}
    is_whole = bool(said.get("sha256"))
    found["distribution"] = [
        {
            "@type": "cr:FileObject",
            "@id": piece.path,
            "name": piece.path,
            "contentUrl": _within(address, piece.path, is_whole=is_whole) or piece.path,
            "encodingFormat": _FORMATS.get(
                piece.path.rpartition(".")[2], "application/octet-stream"
            ),
            "sha256": piece.sha256,
            **({"contentSize": f"{data.bytes} B"} if is_whole else {}),
        }
        for piece in data.manifest.pieces[:_MOST]
    ]
    return found


def _within(address: str, path: str, *, is_whole: bool) -> str:
    return address if is_whole or not address else f"{address.rstrip('/')}/{quote(path)}"


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
