"""What this machine's operator adopted, noted on this machine."""

from __future__ import annotations

import json
from pathlib import Path

from deepcat.foreign import read_json

_NOTED = Path(".deepcat/adopted.json")


def note_here(root: Path, name: str, address: str) -> None:
    """Remember on this machine that its operator adopted a server.

    A record may have been written by somebody else, who must not let us ask what listens here.
    """
    path = root / _NOTED
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(noted_here(root) | {name: address}, indent=1) + "\n", "utf-8")


def noted_here(root: Path) -> dict[str, str]:
    """Deployment -> the address that this machine's operator adopted."""
    try:
        found = read_json((root / _NOTED).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}
