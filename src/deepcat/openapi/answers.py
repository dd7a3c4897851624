"""What all operations' answers have in common."""

from __future__ import annotations

from typing import Any

from deepcat.openapi.schemas import TEXT, Schema, obj

_WORDS = {
    "400": "The request is wrong",
    "401": "Nobody knows the caller",
    "403": "The caller may not",
    "404": "There is no such model, version or signature",
    "405": "Another method is for this path",
    "406": "The model gave nothing of the wanted type",
    "408": "The request came too slowly",
    "413": "The request is too large",
    "422": "Arguments are missing or wrong",
    "429": "There is no room now",
    "500": "The model failed",
    "501": "There is nothing here that does it",
    "503": "Nothing can be answered now",
    "504": "There was not enough time",
}
_GENERAL = ("401", "403", "404", "429", "500", "503", "504")
ERROR = obj({"error": TEXT}, ["error"])


def json_body(schema: Schema, examples: dict[str, Any] | None = None) -> dict[str, Any]:
    """Content in JSON."""
    media: dict[str, Any] = {"schema": schema}
    if examples:
        media["examples"] = {name: {"value": each} for name, each in examples.items()}
    return {"application/json": media}


def good(text: str, content: dict[str, Any]) -> dict[str, Any]:
    """The answer when all is well."""
    return {"200": {"description": text, **({"content": content} if content else {})}}


def bad(*more: str) -> dict[str, Any]:
    """What every operation may answer instead, and the statuses `more`."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {each: {"description": _WORDS[each], "content": content} for each in (*more, *_GENERAL)}


def plain(*statuses: str) -> dict[str, Any]:
    """Answers whose bodies are not described."""
    return {each: {"description": _WORDS[each]} for each in statuses}
