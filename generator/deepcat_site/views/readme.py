"""A module's README, as text."""

from __future__ import annotations

from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.values import Module

_LONGEST = 2 * 1024 * 1024


def readme(tree: Tree, module: Module) -> str:
    """A module's README, as far as it is shown; empty where it has none."""
    try:
        content = tree.read(f"{module.path}/README.md")
    except FileNotFoundError:
        return ""
    return content[:_LONGEST].decode(errors="replace")
