"""What installed packages bring by their entry points: looked up when it is asked for, and kept.

They are read from where installers write them, beside each package: the standard library's reader
takes more time than all else that a small command does.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from hashlib import blake2b
from pathlib import Path
from typing import Any

_FOLDERS = (".dist-info", ".egg-info")
_METADATA = (*_FOLDERS, ".egg-link")


_ENTRY = re.compile(r"\s*(?P<name>[^=]+?)\s*=\s*(?P<module>[\w.]+)\s*(?::\s*(?P<path>[\w.]+))?")
_HEAD = re.compile(r"^(Name|Version):[ ]*(\S+)", re.MULTILINE)
_MANY = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry point, as its package's installer wrote it down.

    Attributes:
        name: of the entry point.
        module: that is imported.
        path: what in the module is meant, by its attributes; empty for the module itself.
        info: the folder of the package's metadata.
    """

    name: str
    module: str
    path: str
    info: Path

    def load(self) -> Any:
        """What it leads to; raises whatever the package's code raises."""
        found = importlib.import_module(self.module)
        return reduce(getattr, filter(None, self.path.split(".")), found)

    @property
    def distribution(self) -> str:
        """The package's name and version, by its own words."""
        files = (self.info / name for name in ("METADATA", "PKG-INFO"))
        text = next((file.read_text("utf-8", "replace") for file in files if file.is_file()), "")
        head = dict(_HEAD.findall(text.partition("\n\n")[0]))
        return f"{head.get('Name', self.module)} {head.get('Version', '')}".strip()


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
    who = " and ".join(entry.distribution for entry in entries)
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
def _entries(group: str) -> Mapping[str, tuple[_Entry, ...]]:
    found: dict[str, tuple[_Entry, ...]] = {}
    for info in _packages():
        for entry in _written(info, group):
            found[entry.name] = (*found.get(entry.name, ()), entry)
    return found


def _packages() -> Iterator[Path]:
    """The folders of all packages' metadata; of two packages of one name, Python sees the first."""
    seen: set[str] = set()
    for folder in sys.path:
        try:
            with os.scandir(folder or ".") as entries:
                names = sorted(each.name for each in entries if each.name.endswith(_FOLDERS))
        except OSError:
            continue
        for each in names:
            stem = each.removesuffix(".dist-info").removesuffix(".egg-info")
            name = _MANY.sub("-", stem.partition("-")[0]).lower()
            if name not in seen:
                seen.add(name)
                yield Path(folder, each)


def _written(info: Path, group: str) -> Iterator[_Entry]:
    try:
        text = (info / "entry_points.txt").read_text("utf-8")
    except (OSError, ValueError):
        return
    _, header, below = f"\n{text}".partition(f"\n[{group}]\n")
    for line in below.partition("\n[")[0].splitlines() if header else ():
        if not line.lstrip().startswith(("#", ";")) and (parts := _ENTRY.match(line)):
            yield _Entry(parts["name"], parts["module"], parts["path"] or "", info)
