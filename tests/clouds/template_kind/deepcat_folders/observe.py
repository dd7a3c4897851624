"""What the folders really hold for a catalog: by owner tags, and by the supervisors' word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from deepcat.clouds.kind import Found, Listing
from deepcat.host.place import places
from deepcat.host.supervisor import Supervisor


def observe(clouds: Mapping[str, Mapping[str, Path]], catalog: str) -> Listing:
    """All deployments of a catalog.

    Args:
        clouds: name -> host -> folder.
        catalog: its id.
    """
    hosts = [(cloud, host, path) for cloud, own in clouds.items() for host, path in own.items()]
    there = frozenset((cloud, host) for cloud, host, path in hosts if path.is_dir())
    silent = sorted({(cloud, host) for cloud, host, _ in hosts} - there)
    found = [
        replace(each, cloud=cloud, shape=host)
        for cloud, host, path in sorted(hosts)
        for each in _found(path / catalog)
    ]
    detail = f"no folder, so nothing is known of {_names(silent)}" if silent else ""
    answered = frozenset(clouds.keys() - {cloud for cloud, _ in silent})
    return Listing(found, clouds=answered, shapes=there, detail=detail)


def _names(hosts: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{cloud}/{host}" for cloud, host in hosts)


def _found(folder: Path) -> list[Found]:
    supervisor = Supervisor(folder)
    up = [name for name, each in supervisor.programs().items() if each.is_up]
    loose = supervisor.loose()
    owners = {each.deployment: each.owner for each in loose if each.program}
    owners |= {place.name: place.owner for place in places(folder)}
    return [
        Found(
            name,
            owner,
            up=frozenset(each for each in up if each.partition("~")[0] == name),
            loose=frozenset(each.program for each in loose if each.deployment == name),
        )
        for name, owner in sorted(owners.items())
    ]
