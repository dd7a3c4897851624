"""What the local cloud of a catalog really runs, asked of this machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deepcat.host.machine import machine
from deepcat.host.place import places
from deepcat.host.supervisor import Program, Supervisor
from deepcat.plan.values import State
from deepcat.runs.clouds import local
from deepcat.runs.state import from_tag


@dataclass(frozen=True, slots=True)
class Found:
    """One deployment as it lies on this machine.

    Attributes:
        name: its name.
        state: what its owner tag says; None when there is none that can be read.
        programs: that the supervisor knows, by name.
    """

    name: str
    state: State | None
    programs: Mapping[str, Program]


def found(root: Path) -> dict[str, Found]:
    """All deployments of a catalog on this machine, by name, from their tags and programs."""
    folder = local(root)
    if not folder.is_dir():
        return {}
    programs = Supervisor(folder).programs()
    names = {place.name: place for place in places(folder)}
    result = {}
    for name in sorted({*names, *(program.partition("~")[0] for program in programs)}):
        state = None
        if name in names:
            try:
                state = from_tag(names[name].owner)
            except ValueError:
                state = None
        own = {key: each for key, each in programs.items() if key.startswith(f"{name}~")}
        result[name] = Found(name, state, own)
    return result


def dead(root: Path, states: Iterable[State]) -> frozenset[str]:
    """The names of those that should run on this very machine and do not."""
    mine = [state for state in states if state.resources.get("machine") == machine()]
    if not mine:
        return frozenset()
    programs = Supervisor(local(root)).programs()
    up = {name for name, program in programs.items() if program.is_up}
    return frozenset(
        state.name for state in mine if not up.issuperset(state.resources.get("programs", ()))
    )
