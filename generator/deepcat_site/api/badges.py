"""Badges in the shape that shields.io's endpoint reads, and the card that other websites embed."""

from __future__ import annotations

from deepcat_site.api.document import compact
from deepcat_site.views.card import Card


def version_badge(card: Card, title: str) -> bytes:
    """Says the version, and whether the module is deprecated."""
    colour = "orange" if card.deprecated else "0a615c"
    message = f"{card.version} (deprecated)" if card.deprecated else card.version
    return _badge(title, message, colour)


def samples_badge(card: Card) -> bytes:
    """Says whether a deployment gave the samples' answers."""
    message, colour = ("passing", "brightgreen") if card.verified else ("not run", "lightgrey")
    return _badge("samples", message, colour)


def running_badge(card: Card) -> bytes:
    """Says how many deployments run now."""
    count = card.runs
    return _badge("deployments", f"{count} running", "brightgreen" if count else "lightgrey")


def _badge(label: str, message: str, color: str) -> bytes:
    return compact({"schemaVersion": 1, "label": label, "message": message, "color": color})
