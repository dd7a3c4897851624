#!/usr/bin/env python3
"""Write the reference pages of the website, from what the program itself knows.

Run it with the Python of the environment: `.venv/bin/python docs/reference/write.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import command_line
import environment
import node_types

import clouds

PAGES = Path(__file__).resolve().parents[2] / "site" / "pages" / "reference"


def written() -> dict[str, str]:
    """Name of a page -> its text."""
    return {
        "clouds.md": clouds.page(),
        "command-line.md": command_line.page(),
        "environment.md": environment.page(),
        "types.md": node_types.page(),
    }


if __name__ == "__main__":
    PAGES.mkdir(exist_ok=True)
    for name, text in written().items():
        (PAGES / name).write_text(text, "utf-8")
