"""What may be taken down: what is recorded, and what is there though no record says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.plan.values import State


def known_states(root: Path, clouds: Mapping[str, Cloud]) -> dict[str, State]:
    """Name -> what is recorded of it, else what its owner tag says."""
    from deepcat.loop.observation import observe
    from deepcat.records.store import Store

    states = observe(root, clouds).tagged()
    return states | {name: record.state for name, record in Store(root).read_all().items()}


def require(names: Iterable[str], states: Mapping[str, State]) -> list[str]:
    """The names, sorted, each once.

    Raises:
        UsageError: nothing is known of one of them.
    """
    wanted = set(names)
    if unknown := sorted(wanted - states.keys()):
        raise UsageError(
            f"nothing is known of a deployment `{unknown[0]}`",
            hint=f"known are: {', '.join(sorted(states)) or 'none'}",
        )
    return sorted(wanted)
