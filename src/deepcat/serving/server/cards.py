"""The file in which a server is told of its models."""

from __future__ import annotations

import json
from pathlib import Path

from deepcat.errors import DeepcatError
from deepcat.openapi.card import Card, card_of


def read_cards(path: Path) -> dict[str, Card]:
    """The cards in a file of JSON: model's name -> card.

    Raises:
        DeepcatError: it is no such file (``serving/about``).
    """
    try:
        found = json.loads(path.read_text("utf-8"))
        return {str(name): card_of(each) for name, each in found.items()}
    except (OSError, ValueError, AttributeError, TypeError, KeyError) as error:
        raise DeepcatError(
            f"{path} does not tell of models: {error}",
            hint='write {"NAME": {"description": …, "samples": […]}}',
            code="serving/about",
        ) from error
