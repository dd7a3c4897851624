"""What is remembered of one training across its attempts, outside of what its script can reach."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from deepcat.host import cards
from deepcat.host.job.curves import words
from deepcat.host.place import read_json, write_json
from deepcat.host.taking_away import away

# Of a deployment's place: node -> goal -> what is remembered.
FOLDER = "trainings"
_SEEN, _LIMITS = "seen.json", "limits.json"
_MODEL = re.compile(r"(?m)^(?:model name|Hardware|Model)\s*:\s*(.+)$")
_MEMORY = re.compile(r"(?m)^MemTotal:\s+(\d+) kB$")
_UNDONE, _GONE = ".partial", ".deepcat-gone"
_MOST_LOOKED = 1000


def kept_at(place: Path, node: str, goal: str) -> Path:
    """Where it lies of one goal."""
    return place / FOLDER / node / goal[:16]


def seen(kept: Path) -> dict[str, Any]:
    """What was written down last; empty when nothing was."""
    return read_json(kept / _SEEN)


def see(kept: Path, data: Mapping[str, Any]) -> None:
    """Write it down, whole or not at all; not where it was taken away, or the disk is full."""
    with suppress(OSError):
        write_json(kept / _SEEN, data, makes=False)


def limits(kept: Path) -> dict[str, Any]:
    """What the training is held to now, which may be changed while it runs."""
    return read_json(kept / _LIMITS)


def limit(kept: Path, data: Mapping[str, Any]) -> None:
    """Hold the training to these limits from now on."""
    if limits(kept) != dict(data) or not (kept / _LIMITS).is_file():
        write_json(kept / _LIMITS, data)


def checkpoint(folder: Path) -> tuple[str, float] | None:
    """Name and time of the newest checkpoint that was renamed into place; None for none.

    Args:
        folder: of checkpoints, which a stranger's script writes.
    """
    found = _checkpoints(folder)
    if not found:
        return None
    at, name = max(found)
    return name, min(at, time.time())


def thin(folder: Path, keep: int) -> None:
    """Take away all checkpoints but the newest; none ever counts that is gone by half.

    Args:
        folder: of checkpoints, which a stranger's script writes: no link is followed.
        keep: so many stay.
    """
    for _, name in sorted(_checkpoints(folder))[:-keep]:
        with suppress(OSError):
            (folder / name).rename(folder / f".{name[:200]}{_GONE}")
    with suppress(OSError), os.scandir(folder) as entries:
        seen = [each for each, _ in zip(entries, range(_MOST_LOOKED))]
        for entry in (each for each in seen if each.name.endswith(_GONE)):
            if entry.is_dir(follow_symlinks=False):
                away(entry.path)
            else:
                Path(entry.path).unlink()


def _checkpoints(folder: Path) -> list[tuple[float, str]]:
    """Time and name of those that were renamed into place."""
    found: list[tuple[float, str]] = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry, _ in zip(entries, range(_MOST_LOOKED)):
            odd = entry.name.startswith(".") or entry.name.endswith(_UNDONE)
            if odd or entry.is_symlink() or not entry.name.isprintable():
                continue
            if entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False):
                found.append((entry.stat(follow_symlinks=False).st_mtime, entry.name))
    return found


def hardware(uuids: list[str]) -> dict[str, Any]:
    """What this machine is, as a record of a training tells it."""
    found = _MODEL.search(_text("/proc/cpuinfo"))
    memory = _MEMORY.search(_text("/proc/meminfo"))
    named = cards.seen()[0] if uuids else ()
    return {
        "cpu": words(found[1]) if found else "",
        "cores": len(os.sched_getaffinity(0)),
        "memory_MB": int(memory[1]) * 1024 // 1_000_000 if memory else 0,
        "cards": [_card(each) for each in named if each.uuid in uuids],
    }


def _card(card: cards.Card) -> str:
    return words(f"{card.name} MIG {card.profile}" if card.profile else card.name)


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""
