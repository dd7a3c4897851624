"""What JupyterLab's page asks for, and what it is told: by files, for the box has no way out.

What it asks for is written by whoever is in the box, and read as a stranger's.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# In the folder that the box may write, and in the one that it may only read.
WISH, TOLD = "wish.json", "told.json"
SAVE, STAY = "save", "stay"
_MOST_BYTES, _MOST_NUMBER, _MOST_WORDS = 4000, 40, 120
_ACTS = (SAVE, STAY)


@dataclass(frozen=True)
class Wish:
    """What somebody asked for in JupyterLab.

    Attributes:
        number: tells it from any other.
        act: `SAVE`, to propose the work; `STAY`, not to stop for want of use.
        message: what changed, one line.
    """

    number: str
    act: str
    message: str


def wish_in(folder: Path) -> Wish | None:
    """What is asked for in a folder; None where there is nothing that can be read."""
    try:
        handle = os.open(folder / WISH, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as stream:
        is_file = stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
        content = stream.read(_MOST_BYTES + 1) if is_file else b""
    try:
        data = json.loads(content) if len(content) <= _MOST_BYTES else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or data.get("act") not in _ACTS:
        return None
    number, message = str(data.get("number") or ""), str(data.get("message") or "")
    if not number.isascii() or not number.isdigit() or len(number) > _MOST_NUMBER:
        return None
    plain = "".join(each for each in message if each.isprintable())
    return Wish(number, str(data["act"]), plain.strip()[:_MOST_WORDS])


def told(now: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the page is told.

    Args:
        now: what is known of the notebook.
        asked: what was asked of it last, with what became of a wish.
    """
    answered = {key: str(asked.get(key) or "") for key in ("wish", "address", "failed")}
    return {
        "stops_at": now.get("stops_at") or 0,
        "warned": bool(now.get("warned")),
        "reason": now.get("reason") or "",
        "saved": now.get("saved") or 0,
        "failed": now.get("failed") or "",
        "wish": (now.get("wish") or {}).get("number") or "",
        "answered": answered,
    }


def tell(folder: Path, data: Mapping[str, Any]) -> None:
    """Let the page be told, who is another user where we are root; a full disk is no matter."""
    new = folder / f".{TOLD}.new"
    with suppress(OSError):
        new.write_text(json.dumps(data))
        new.chmod(0o644)
        new.replace(folder / TOLD)
