"""What the static API's documents look like: a JSON Schema, and an OpenAPI description of it."""

from __future__ import annotations

from typing import Any

from deepcat import __version__
from deepcat_site.api.document import API
from deepcat_site.values import Settings

_TEXT: dict[str, Any] = {"type": "string"}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}
_TRUTH: dict[str, Any] = {"type": "boolean"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_NUMBER: dict[str, Any] = {"type": "number"}


def _thing(about: str, properties: dict[str, Any], *, optional: tuple[str, ...] = ()) -> Any:
    return {
        "description": about,
        "type": "object",
        "properties": properties,
        "required": [key for key in properties if key not in optional],
        "additionalProperties": False,
    }


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}}


_FORMAT = {"const": API, "description": "Names this format."}
_ENTRY: dict[str, Any] = {
    "name": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"},
    "title": _TEXT,
    "summary": _TEXT,
    "version": {"description": "SemVer.", **_TEXT},
    "license": {"description": "SPDX expression.", **_TEXT},
    "created": {"description": "ISO date, or empty.", **_TEXT},
    "updated": {"description": "ISO date, or empty.", **_TEXT},
    "tasks": _TEXTS,
    "libraries": _TEXTS,
    "data_types": _TEXTS,
    "categories": _TEXTS,
    "tags": _TEXTS,
    "gpu_memory_MB": {
        "description": "Least GPU memory for inference; 0 for no GPU, -1 for a GPU of any size.",
        "type": "integer",
        "minimum": -1,
    },
    "running": {"description": "Deployments that run now.", **_COUNT},
    "trainable": _TRUTH,
    "verified": {"description": "A deployment gave the samples' answers.", **_TRUTH},
    "deprecated": _TRUTH,
    "page": {"description": "The page's address.", **_TEXT},
    "document": {"description": "The whole document's address.", **_TEXT},
}
_NEEDS = {"type": "object", "additionalProperties": _NUMBER}


def definitions() -> dict[str, Any]:
    """Every document and part by its name."""
    sample = {
        "name": _TEXT,
        "method": {"enum": ["predict", "classify", "regress"]},
        "request": {"type": "object"},
        "response": {"type": "object"},
        "tolerance": _NUMBER,
    }
    metric = {"dataset": _TEXT, "split": _TEXT, "name": _TEXT, "value": _NUMBER}
    model = {
        "format": _TEXT,
        "path": _TEXT,
        "source": _TEXT,
        "sha256": _TEXT,
        "signature": {"type": "object", "additionalProperties": {"type": "object"}},
    }
    author = {"name": _TEXT, "orcid": _TEXT, "affiliation": _TEXT}
    deployment = {
        "name": _TEXT,
        "module": _TEXT,
        "version": _TEXT,
        "profile": _TEXT,
        "cloud": _TEXT,
        "shape": _TEXT,
        "status": {"enum": ["pending", "running", "ended", "failed", "stopping", "gone"]},
        "verified": _TRUTH,
        "rest": {"description": "Base address of the REST API, or empty.", **_TEXT},
        "grpc": {"description": "Host and port, or empty.", **_TEXT},
        "price_hour": _NUMBER,
        "created": _TEXT,
        "updated": _TEXT,
    }
    offer = {
        "shape": _TEXT,
        "accelerator": _TEXT,
        "accelerators": _COUNT,
        "accelerator_memory_MiB": _COUNT,
        "cpus": _NUMBER,
        "memory_MiB": _COUNT,
        "price_hour": _NUMBER,
        "free": {"type": ["integer", "null"]},
    }
    cloud = {"name": _TEXT, "kind": _TEXT, "summary": _TEXT, "region": _TEXT}
    finding = {
        "path": _TEXT,
        "line": _COUNT,
        "column": _COUNT,
        "code": _TEXT,
        "severity": {"enum": ["error", "hint"]},
        "message": _TEXT,
        "hint": _TEXT,
        "rule": {"description": "The rule's page.", **_TEXT},
    }
    link = {"kind": _TEXT, "url": _TEXT}
    change = {"version": _TEXT, "date": _TEXT, "kind": _TEXT, "text": _TEXT}
    return {
        "Entry": _thing("A module in short.", _ENTRY),
        "Index": _thing(
            "Every module in short.",
            {
                "format": _FORMAT,
                "title": _TEXT,
                "summary": _TEXT,
                "currency": _TEXT,
                "count": _COUNT,
                "modules": _list("Entry"),
            },
        ),
        "Module": _thing(
            "Everything that a module's page shows.",
            {
                "format": _FORMAT,
                **_ENTRY,
                "digest": _TEXT,
                "description": _TEXT,
                "doi": _TEXT,
                "links": _list("Link"),
                "authors": _list("Author"),
                "maintainers": _TEXTS,
                "resources": {
                    "type": "object",
                    "properties": {"inference": _NEEDS, "training": _NEEDS},
                    "additionalProperties": False,
                },
                "model": {"anyOf": [{"$ref": "#/$defs/Model"}, {"type": "null"}]},
                "samples": _list("Sample"),
                "metrics": _list("Metric"),
                "changes": _list("Change"),
                "deprecation": {"type": ["object", "null"], "additionalProperties": _TEXT},
                "deployments": _list("Deployment"),
            },
        ),
        "Deployments": _thing(
            "Every deployment, as the records know it.",
            {"format": _FORMAT, "count": _COUNT, "deployments": _list("Deployment")},
        ),
        "Clouds": _thing(
            "Every cloud with its shapes.",
            {"format": _FORMAT, "currency": _TEXT, "clouds": _list("Cloud")},
        ),
        "Findings": _thing(
            "Every finding of the check.",
            {"format": _FORMAT, "count": _COUNT, "findings": _list("Finding")},
        ),
        "Model": _thing("The model that a module brings.", model),
        "Sample": _thing("A request with its expected answer.", sample),
        "Metric": _thing("One measured value.", metric),
        "Author": _thing("A person or a group.", author, optional=("orcid", "affiliation")),
        "Link": _thing("An address.", link),
        "Change": _thing("What changed in a version.", change),
        "Deployment": _thing("A deployment.", deployment),
        "Cloud": _thing("A cloud.", {**cloud, "offers": _list("Offer")}),
        "Offer": _thing("One shape of host.", offer),
        "Finding": _thing("One thing that is wrong, or could be better.", finding),
    }


def schema() -> dict[str, Any]:
    """`/api/v1/schema.json`: any document of the API."""
    documents = ("Index", "Module", "Deployments", "Clouds", "Findings")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:deepcat:schema:api:v1",
        "title": "deepcat's static API",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in documents],
        "$defs": definitions(),
    }


_PATHS = {
    "/api/v1/index.json": ("index", "Index", "Every module in short"),
    "/api/v1/modules/{name}.json": ("module", "Module", "Everything about one module"),
    "/api/v1/deployments.json": ("deployments", "Deployments", "Every deployment"),
    "/api/v1/clouds.json": ("clouds", "Clouds", "Every cloud with its shapes"),
    "/api/v1/findings.json": ("findings", "Findings", "Every finding of the check"),
}


def openapi(settings: Settings) -> dict[str, Any]:
    """`/api/v1/openapi.json`: the same documents with their addresses, as OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{settings.title}: static API",
            "version": __version__,
            "summary": settings.summary or settings.title,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": settings.site_url.rstrip("/") or "/"}],
        "paths": {path: {"get": _get(*facts)} for path, facts in _PATHS.items()},
        "components": {"schemas": _moved(definitions())},
    }


def _get(name: str, document: str, about: str) -> dict[str, Any]:
    answer = {
        "200": {
            "description": about,
            "content": {
                "application/json": {"schema": {"$ref": f"#/components/schemas/{document}"}}
            },
        },
    }
    operation: dict[str, Any] = {"operationId": name, "summary": about, "responses": answer}
    if name == "module":
        answer["404"] = {"description": "There is no such module."}
        operation["parameters"] = [
            {"name": "name", "in": "path", "required": True, "schema": _ENTRY["name"]}
        ]
    return operation


def _moved(node: Any) -> Any:
    """The same schema with its references pointing into OpenAPI's components."""
    if isinstance(node, dict):
        return {
            key: value.replace("#/$defs/", "#/components/schemas/")
            if key == "$ref"
            else _moved(value)
            for key, value in node.items()
        }
    return [_moved(item) for item in node] if isinstance(node, list) else node
