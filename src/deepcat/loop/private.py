"""Addresses that not everybody may know, asked of the host by who is on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepcat.plan.values import State


def private(state: State) -> dict[str, str]:
    """Name -> address of a deployment's private endpoints; empty on any machine but its own."""
    from deepcat.host.machine import machine
    from deepcat.host.place import Place

    place = state.resources.get("place")
    if not state.private or not place or state.resources.get("machine") != machine():
        return {}
    found = Place(Path(str(place))).private
    return {name: found[name] for name in state.private if name in found}
