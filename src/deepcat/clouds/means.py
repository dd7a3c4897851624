"""What kinds of cloud are given of this machine and of this catalog."""

from __future__ import annotations

from pathlib import Path

from deepcat.catalog.identity import identity
from deepcat.clouds.kind import Means


def means(root: Path) -> Means:
    """All that a kind may use for the catalog in a folder."""
    return Means(root, identity(root))
