"""A collection to begin with: from answers to its file. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepcat.catalog.beginning.texts import API


def collection_data(
    title: str, *, description: str, modules: Sequence[str], compare: bool
) -> dict[str, Any]:
    """The content of a collection's file; what is empty is left out.

    Args:
        title: one line.
        description: Markdown; may be empty.
        modules: names, in the order in which they are shown.
        compare: whether they are shown side by side, too.
    """
    head: dict[str, Any] = {"apiVersion": API, "title": title}
    if description:
        head["description"] = description
    return head | {"modules": list(modules)} | ({"compare": True} if compare else {})
