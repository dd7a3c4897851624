"""What the static API's documents look like: a JSON Schema, and an OpenAPI description of it."""

from __future__ import annotations

from typing import Any

from deepcat import __version__
from deepcat_site.api.definitions import DEFINITIONS, ENTRY
from deepcat_site.values import Settings


def schema() -> dict[str, Any]:
    """`/api/v1/schema.json`: any document of the API."""
    documents = ("Index", "Module", "Deployments", "Clouds", "Findings")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:deepcat:schema:api:v1",
        "title": "deepcat's static API",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in documents],
        "$defs": DEFINITIONS,
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
        "servers": [{"url": settings.address("", "api/v1/openapi.json").rstrip("/")}],
        "paths": {path: {"get": _get(*facts)} for path, facts in _PATHS.items()},
        "components": {"schemas": _moved(DEFINITIONS)},
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
            {"name": "name", "in": "path", "required": True, "schema": ENTRY["name"]}
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
