"""What a package of an environment needs there, and nothing else of it: a folder of links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRA = re.compile(r";.*\bextra\b")
# What pip puts beside the packages is no package.
_NO_PACKAGES = ("..", "__pycache__", "bin", "etc", "share")


def link(environment: Path, package: str, folder: Path) -> None:
    """Make links to what a package needs in an environment.

    Args:
        environment: a folder of packages.
        package: that is wanted.
        folder: that takes the links; made if it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    named = {_key(path.name.partition("-")[0]): path for path in environment.glob("*.dist-info")}
    for name in sorted(_tops(_needed(named, package))):
        (folder / name).symlink_to(environment / name)


def _needed(named: Mapping[str, Path], package: str) -> Iterable[Distribution]:
    """Of all that are there a package, and whatever it asks for, but for its extras."""
    wanted = [_key(package)]
    found: dict[str, Distribution] = {}
    while wanted:
        name = wanted.pop()
        if name in found or name not in named:
            continue
        found[name] = Distribution.at(named[name])
        asked = (each for each in found[name].requires or () if not _EXTRA.search(each))
        wanted += [_key(match[0]) for each in asked if (match := _NAME.match(each))]
    return found.values()


def _tops(needed: Iterable[Distribution]) -> set[str]:
    """The names in the environment's folder that packages consist of."""
    tops = {path.parts[0] for each in needed for path in each.files or () if path.parts}
    return tops.difference(_NO_PACKAGES)


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
