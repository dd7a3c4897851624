"""From a plan's changes to what a run carries out."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.plan.values import State, Wish


def last_wish(root: Path, state: State) -> Wish | None:
    """What a deployment was brought up from, if it brought scripts that may take it down too."""
    from deepcat.loop.world import gather

    scripts = [
        operation
        for node in state.nodes.values()
        for operation in node.get("operations", {}).values()
        if not str(operation.get("implementation", "")).startswith("role:")
    ]
    if not scripts or not state.commit:
        return None
    with suppress(DeepcatError):  # a commit that this clone does not hold
        return gather(root, state.commit).wishes.get(state.name)
    return None
