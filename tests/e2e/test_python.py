"""The guide for Python holds: its programs run as they stand, in a catalog of its commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]

GUIDE = Path(__file__).resolve().parents[2] / "site" / "pages" / "guides" / "python.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SAYS = re.compile(r"^(\S.*?)  # (.+)$", re.MULTILINE)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Path]:
    """A new catalog with what the guide's commands bring, committed."""
    folder = tmp_path / "catalog"
    ran(tmp_path, sys.executable, "-m", "deepcat", "new", "catalog", "catalog")
    for kind, text in BLOCK.findall(GUIDE.read_text("utf-8")):
        for line in text.splitlines() if kind == "sh" else ():
            ran(folder, sys.executable, "-m", *line.split())
    ran(folder, "git", "add", "-A")
    ran(folder, "git", "commit", "-qm", "begin")
    try:
        yield folder
    finally:
        ran(folder, sys.executable, "-m", "deepcat", "destroy", "--all", "--yes")


def ran(folder: Path, *argv: str) -> str:
    done = subprocess.run(
        argv, cwd=folder, env=os.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_programs_of_the_guide_run_as_they_stand(catalog: Path) -> None:
    text = GUIDE.read_text("utf-8")
    programs = [text for kind, text in BLOCK.findall(text) if kind == "python"]
    assert len(programs) >= 6
    # What a line says after two blanks and `#` is what it gives.
    program, count = SAYS.subn(r"assert (\1) == (\2), (\1)", "\n".join(programs))
    assert count >= 10
    said = ran(catalog, sys.executable, "-W", "error", "-c", program)
    assert "of" in said
    assert "there is no deployment `third`" in said
