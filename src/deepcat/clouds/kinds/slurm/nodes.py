"""Nodes as Slurm tells them by `--json`, whichever of its versions does. Pure.

21.08 and 22.05 tell a node's state as a word with flags beside it, and numbers as such; since 23.02
a state is a list of words, and a number may be an object: whether it is set, infinite, and which.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

# Words beside a state for which nothing new starts on a node, whatever the state is.
_APART = ("DRAIN", "FAIL", "MAINTENANCE", "NOT_RESPONDING", "POWERING_DOWN", "REBOOT_ISSUED")
# What answers before the limits of the partitions, one a line.
LIMIT = "--limit"


def nodes(said: str) -> list[Mapping[str, Any]] | None:
    """All nodes; None where this is no answer in JSON."""
    begin = said.find("{")
    if begin < 0 or said[:begin].rpartition("\n")[2].strip():
        return None
    try:
        data, _ = json.JSONDecoder().raw_decode(said, begin)
    except (ValueError, RecursionError):
        return None
    found = data.get("nodes")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else None


def limits(said: str) -> dict[str, str]:
    """Partition -> its longest time, as Slurm writes it."""
    rows = (line.split() for line in said.splitlines() if line.startswith(f"{LIMIT} "))
    return {row[1]: row[2] for row in rows if len(row) == 3}


def partitions(node: Mapping[str, Any]) -> Iterator[str]:
    """Those that a node is in."""
    found = node.get("partitions")
    for each in found if isinstance(found, list) else ():
        if isinstance(each, str):
            yield each


def state(node: Mapping[str, Any]) -> str:
    """In one word, as `sinfo` writes it where somebody reads it."""
    told, flags = node.get("state"), node.get("state_flags")
    words = [told] if isinstance(told, str) else list(told) if isinstance(told, list) else []
    words += flags if isinstance(flags, list) else []
    upper = [each.upper() for each in words if isinstance(each, str)]
    apart = next((each for each in upper if each in _APART), "")
    word = "drained" if apart == "DRAIN" else apart or (upper[0] if upper else "unknown")
    return word.lower()


def number(node: Mapping[str, Any], key: str) -> int:
    """A count; 0 where none is set."""
    told = node.get(key)
    if isinstance(told, dict):
        told = told.get("number") if told.get("set") and not told.get("infinite") else 0
    return max(0, int(told)) if isinstance(told, int | float) and isfinite(told) else 0


def text(node: Mapping[str, Any], key: str) -> str:
    """A text; empty where none is set."""
    told = node.get(key)
    return told if isinstance(told, str) else ""
