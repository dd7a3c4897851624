"""Print one version's section of CHANGELOG.md: ``python .github/release_notes.py 1.2.0``."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def notes(changelog: str, version: str) -> str:
    """The section of a version, or of what is unreleased when the version has none yet.

    Raises:
        ValueError: the changelog has neither.
    """
    sections = {
        match[1].strip("[]"): match[2].strip()
        for match in re.finditer(
            r"^## (\S+)[^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
        )
    }
    text = sections.get(version) or sections.get("Unreleased")
    if not text:
        raise ValueError(f"CHANGELOG.md says nothing of {version}")
    return f"{text}\n"


if __name__ == "__main__":
    sys.stdout.write(notes(Path("CHANGELOG.md").read_text("utf-8"), sys.argv[1]))
