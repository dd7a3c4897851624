"""What badges say of a module, for whoever draws them from its document."""

from __future__ import annotations

from typing import Any

from deepcat_site.views.card import Card


def badges(card: Card, title: str, *, has_model: bool) -> dict[str, Any]:
    """Name of each badge -> what it says, in the words of shields.io.

    Args:
        card: the module's.
        title: the catalog's.
        has_model: whether it brings a model that deployments may run.
    """
    found = {"version": _version(card, title)}
    return found | {"samples": _samples(card), "running": _running(card)} if has_model else found


def _version(card: Card, title: str) -> dict[str, str]:
    """The version, and whether the module is deprecated."""
    colour = "orange" if card.deprecated else "0a615c"
    message = f"{card.version} (deprecated)" if card.deprecated else card.version
    return _badge(title, message, colour)


def _samples(card: Card) -> dict[str, str]:
    """Whether a deployment gave the samples' answers."""
    message, colour = ("passing", "brightgreen") if card.verified else ("not run", "lightgrey")
    return _badge("samples", message, colour)


def _running(card: Card) -> dict[str, str]:
    """How many deployments run now."""
    count = card.runs
    return _badge("deployments", f"{count} running", "brightgreen" if count else "lightgrey")


def _badge(label: str, message: str, color: str) -> dict[str, str]:
    return {"label": label, "message": message, "color": color}
