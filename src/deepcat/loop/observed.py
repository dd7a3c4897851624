"""The records as they hold by what is really there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.loop.ends import ends
from deepcat.loop.observation import observe

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.loop.world import Gathered
    from deepcat.records.record import Record


def as_it_is(root: Path, gathered: Gathered) -> Gathered:
    """What was read, with the records as they hold now; who carries a plan out, plans from this."""
    seen = observed(root, gathered.records, gathered.catalog.clouds)
    return replace(gathered, records=seen)


def observed(
    root: Path, records: Mapping[str, Record], clouds: Mapping[str, Cloud] | None = None
) -> dict[str, Record]:
    """The records as they hold now: what has died, and what was begun and left, is told so."""
    from deepcat.plan.values import Status

    records = {**records, **ends(root, records, clouds)}
    running = [r.state for r in records.values() if r.state.status is Status.RUNNING]
    return as_seen(records, observe(root, clouds or {}).dead(running) if running else ())


def as_seen(records: Mapping[str, Record], gone: Collection[str]) -> dict[str, Record]:
    """The records with what died told failed, and what was begun and left told pending.

    Args:
        records: by name.
        gone: the names of those that should run and do not.
    """
    from deepcat.plan.values import Status

    seen = {}
    for name, record in records.items():
        status = record.state.status
        if record.intent:
            status = Status.PENDING
        elif name in gone:
            status = Status.FAILED
        seen[name] = replace(record, state=replace(record.state, status=status))
    return seen
