"""What a host's step costs before it begins: each is a process that imports all that steps need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.starts("Python")

SOURCES = Path(__file__).resolve().parents[2] / "src"
# A third of what all the rest costs; the programs that stay there need these, and no step does.
HEAVY = {"asyncio", "statistics"}


def test_a_step_does_not_wait_for_what_only_keepers_need() -> None:
    ask = f"import sys; sys.path.insert(0, {str(SOURCES)!r})\nimport deepcat.host.steps\n"
    command = [sys.executable, "-I", "-S", "-c", f"{ask}print(*sys.modules)"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "deepcat.host.notebook.editors" in done.stdout.split()
    assert not HEAVY & set(done.stdout.split())
