"""The records as they hold now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepcat.records.record import Record


def observed(root: Path, records: Mapping[str, Record]) -> dict[str, Record]:
    """The records as they hold now: what has died, and what was begun and left, is told so."""
    from deepcat.loop.ends import ends
    from deepcat.plan.values import Status
    from deepcat.runs.local import dead

    records = {**records, **ends(root, records)}
    running = [r.state for r in records.values() if r.state.status is Status.RUNNING]
    gone = dead(root, running)
    seen = {}
    for name, record in records.items():
        status = record.state.status
        if record.intent:
            status = Status.PENDING
        elif name in gone:
            status = Status.FAILED
        seen[name] = replace(record, state=replace(record.state, status=status))
    return seen
