"""What may be taken down: what is recorded, and what is there though no record says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import UsageError
from deepcat.records.record import Record

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud


def known_records(root: Path, clouds: Mapping[str, Cloud]) -> dict[str, Record]:
    """Name -> its record, else one of what its owner tag says."""
    from deepcat.loop.observation import observe
    from deepcat.records.store import Store

    tagged = observe(root, clouds).tagged()
    return {name: Record(state) for name, state in tagged.items()} | Store(root).read_all()


def require(names: Iterable[str], records: Mapping[str, Record]) -> list[str]:
    """The names, sorted, each once.

    Raises:
        UsageError: nothing is known of one of them.
    """
    wanted = set(names)
    if unknown := sorted(wanted - records.keys()):
        raise UsageError(
            f"nothing is known of a deployment `{unknown[0]}`",
            hint=f"known are: {', '.join(sorted(records)) or 'none'}",
        )
    return sorted(wanted)
