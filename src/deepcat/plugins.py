"""What installed packages bring by their entry points: looked up when it is asked for, and kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_METADATA = (".dist-info", ".egg-info", ".egg-link")


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point, loaded.

    Attributes:
        name: the entry point's.
        distribution: who brings it, in words, such as ``deepcat-slurm 1.2``.
        value: what it leads to; None when it cannot be used.
        why: why it cannot be used; empty when it can.
    """

    name: str
    distribution: str
    value: Any = None
    why: str = ""


def names(group: str) -> tuple[str, ...]:
    """The names in a group of entry points, sorted; nothing is loaded."""
    return tuple(sorted(_entries(group)))


@cache
def plugin(group: str, name: str) -> Plugin | None:
    """One of a group; None when nobody brings it. What cannot be loaded says why, and never raises.

    Two packages that bring the same name are a mistake of whoever installed both: neither is used.
    """
    entries = _entries(group).get(name, ())
    if not entries:
        return None
    who = " and ".join(_distribution(entry) for entry in entries)
    if len(entries) > 1:
        return Plugin(name, who, why="each of them brings it")
    try:
        value = entries[0].load()
    except Exception as error:  # whatever the code of somebody else raises
        return Plugin(name, who, why=f"{type(error).__name__}: {error}")
    return Plugin(name, who, value)


def refresh() -> None:
    """Look again at what is installed."""
    _entries.cache_clear()
    plugin.cache_clear()


def fingerprint() -> str:
    """Changes whenever a package is installed, upgraded or taken away; costs a listing."""
    found: set[str] = set()
    for folder in sys.path:
        try:
            with os.scandir(folder or ".") as entries:
                found.update(each.name for each in entries if each.name.endswith(_METADATA))
        except OSError:
            continue
    return blake2b("\n".join(sorted(found)).encode(), digest_size=16).hexdigest()


@cache
def _entries(group: str) -> Mapping[str, tuple[EntryPoint, ...]]:
    from importlib.metadata import entry_points

    found: dict[str, tuple[EntryPoint, ...]] = {}
    for entry in entry_points(group=group):
        found[entry.name] = (*found.get(entry.name, ()), entry)
    return found


def _distribution(entry: EntryPoint) -> str:
    dist = entry.dist
    return f"{dist.name} {dist.version}" if dist is not None else entry.module
