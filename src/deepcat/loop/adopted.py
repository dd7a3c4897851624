"""Whether servers that were adopted at an address answer; nobody else looks after them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from deepcat.loop.noted import noted_here
from deepcat.plan.adopted import address_of

if TYPE_CHECKING:
    from pathlib import Path

    from deepcat.plan.values import State

_PATIENCE_S = 5.0


def silent(root: Path, states: Iterable[State]) -> Collection[str]:
    """The names of those that were adopted and do not answer for their models now.

    Of an address that may not be asked from here nothing is known.
    """
    from deepcat.loop.askable import may_be_asked
    from deepcat.serving.client.rest import Client

    gone = []
    for state in states:
        address = address_of(state)
        here = {"rest": noted_here(root).get(state.name, "")} if address else {}
        if not address or not may_be_asked({"rest": address}, here):
            continue
        models = map(str, state.resources.get("models") or [state.module])
        if not all(map(Client(address, timeout_s=_PATIENCE_S).available, models)):
            gone.append(state.name)
    return frozenset(gone)
