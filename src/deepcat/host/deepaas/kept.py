"""What `keep` and `lead` are told, and where they are; their asyncio costs those that run. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

KEEP = Path(__file__).with_name("keep.py")
FILE = "keep.json"
# Is there while it takes connections.
OPEN = "open"
TARGET = "target.json"


def led(ways: list[tuple[str, int]], patience_s: float = 0) -> dict[str, Any]:
    """What the file `TARGET` says.

    Args:
        ways: addresses and ports; the first that takes a connection is the one.
        patience_s: how long a connection waits while none does, such as during a switch.
    """
    return {"ways": [list(way) for way in ways], "patience_s": patience_s}
