"""What really runs on a host for a catalog, by owner tags and by the word of who keeps it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcat.host.altered import altered
from deepcat.host.job import starved
from deepcat.host.keeper import How, Program, keeper_of
from deepcat.host.notebook.values import left, stopped
from deepcat.host.place import Place, places
from deepcat.host.processes import Process


@dataclass(frozen=True)
class There:
    """A deployment that is really there.

    Attributes:
        name: the deployment's, by its owner tag or by where it lies.
        owner: the owner tag; empty when it cannot be read.
        up: names of its programs that run, and of notebooks that have left their machines.
        loose: those that run, too, but would not be brought up again.
        altered: files of it that somebody changed since they were fetched, relative to its place.
        listens: program -> ``address``, ``rest`` and ``grpc``, of those that choose themselves
            where they listen.
        stopped: of its notebooks those that were stopped, by program, and why.
    """

    name: str
    owner: Mapping[str, Any] = field(default_factory=dict)
    up: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    listens: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stopped: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return dict(vars(self))


def listing(local: Path, hows: Iterable[How] = ()) -> tuple[There, ...]:
    """All deployments of a catalog on this machine, by name.

    Args:
        local: the folder that holds them.
        hows: who may keep programs there, whether or not a place remembers it.
    """
    here = [place for place in places(local) if place.is_begun or _holds(place)]
    keepers = [keeper_of(local, how) for how in _different(here, hows)]
    up: dict[str, set[str]] = {place.name: set() for place in here}
    listens: dict[str, dict[str, Mapping[str, Any]]] = {}
    known: dict[str, Program] = {}
    for keeper in keepers:
        for name, program in keeper.programs().items():
            known[name] = program
            own = up.setdefault(name.partition("~")[0], set())
            if program.is_up:
                own.add(name)
            if program.listens is not None:
                listens.setdefault(name.partition("~")[0], {})[name] = vars(program.listens)
    for place in here:
        up[place.name] |= left(place)
        starved.note(place, known)
    loose = _loose([keeper.loose() for keeper in keepers])
    owners = {each.deployment: each.owner for each in loose if each.program}
    owners.update({place.name: place.owner for place in here})
    odd = {place.name: altered(place) for place in here}
    rest = {place.name: stopped(place) for place in here}
    alone: dict[str, set[str]] = {}
    for each in loose:
        alone.setdefault(each.deployment, set()).add(each.program)
    return tuple(
        There(
            name,
            owners.get(name, {}),
            tuple(sorted(up.get(name, ()))),
            tuple(sorted(alone.get(name, ()))),
            odd.get(name, ()),
            listens.get(name, {}),
            rest.get(name, {}),
        )
        for name in sorted({*owners, *up})
    )


def _holds(place: Place) -> bool:
    """Whether there is more in a folder that no run took than what was brought for one."""
    return any(not path.name.startswith(".") for path in place.folder.iterdir())


def _different(here: Iterable[Place], hows: Iterable[How]) -> list[How]:
    """Each keeper once, as those who know it say."""
    known = [*hows, *(place.state.get("keeper") or {} for place in here)]
    return list({json.dumps(how.get("module")): how for how in known}.values())


def _loose(told: list[tuple[Process, ...]]) -> list[Process]:
    """What no keeper looks after: each of them calls the others' programs so. Pure."""
    if not told:
        return []
    pids = set.intersection(*({each.pid for each in found} for found in told))
    return [each for each in told[0] if each.pid in pids]
