"""A GitHub on the loopback that knows GitHub's own description of its API."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from forge_loops import build_wheel

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rigs" / "github"))

from github_fixtures import contract, github, hub, waits  # noqa: F401


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))
