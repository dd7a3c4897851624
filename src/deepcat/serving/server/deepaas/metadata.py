"""What DEEPaaS tells of a model. Pure."""

from __future__ import annotations

from typing import Any

from deepcat.openapi.card import Card

VERSION = {
    "version": "stable",
    "id": "v2",
    "links": [{"rel": "self", "type": "application/json", "href": "/v2/"}],
}


def metadata(name: str, version: int, href: str, card: Card) -> dict[str, Any]:
    """A model's entry: what its card says, and of what that does not say only what is required."""
    found = {
        "id": name,
        "name": name,
        "links": [{"rel": "self", "href": href}],
        "description": card.description or card.title or f"The model {name}",
        "author": card.author,
        "version": card.version or str(version),
        "url": card.url,
        "license": card.license,
    }
    return {word: value for word, value in found.items() if value}
