"""What this machine really runs for a catalog, by owner tags and by the supervisor's word."""

from __future__ import annotations

from pathlib import Path

from deepcat.clouds.kind import Found, Listing
from deepcat.clouds.kinds.local.hosts import local_folder
from deepcat.host.machine import machine
from deepcat.host.place import places
from deepcat.host.supervisor import Supervisor


def observe(root: Path) -> Listing:
    """All deployments of a catalog on this machine, by name."""
    return Listing(tuple(_found(local_folder(root))), machine=machine())


def _found(folder: Path) -> list[Found]:
    if not folder.is_dir():
        return []
    programs = Supervisor(folder).programs()
    tags = {place.name: place.owner for place in places(folder)}
    up: dict[str, set[str]] = {name: set() for name in tags}
    for name, program in programs.items():
        own = up.setdefault(name.partition("~")[0], set())
        if program.is_up:
            own.add(name)
    return [Found(name, tags.get(name, {}), frozenset(own)) for name, own in sorted(up.items())]
