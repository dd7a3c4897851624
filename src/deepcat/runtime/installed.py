"""The packages of a server as they are installed beside deepcat, for where no index is reached."""

from __future__ import annotations

import re
import shutil
from importlib import metadata
from pathlib import Path

# What holds the same files under another name, and libraries of graphics cards besides.
_OTHERS = {"tensorflow-cpu": "tensorflow"}
_NAME = re.compile(r"^([a-z0-9][a-z0-9._-]*)==", re.M | re.I)


def names(lock: str) -> tuple[str, ...]:
    """The packages that a lock file names."""
    return tuple(dict.fromkeys(_NAME.findall(lock)))


def suffices(lock: str) -> bool:
    """Whether all that a lock file names is installed here, in whatever version."""
    return all(_found(name) is not None for name in names(lock))


def link(lock: str, site: Path) -> None:
    """Put the installed files of all packages into a folder, as if they were installed there."""
    for name in names(lock):
        found = _found(name)
        for file in found.files or () if found else ():
            path = Path(str(file.locate()))
            if ".." not in file.parts and path.suffix != ".pyc" and path.is_file():
                target = site.joinpath(*file.parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                _same(path.resolve(), target)


def _same(path: Path, target: Path) -> None:
    """One file under two names, where the disk can; what is written anew takes its own place."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, target)


def _found(name: str) -> metadata.Distribution | None:
    for each in (name, _OTHERS.get(name, name)):
        try:
            return metadata.distribution(each)
        except metadata.PackageNotFoundError:
            continue
    return None
