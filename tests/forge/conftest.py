"""A GitHub on the loopback that knows GitHub's own description of its API."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rigs" / "github"))

from github_fixtures import contract, github, hub, waits  # noqa: F401
