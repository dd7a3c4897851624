"""Jobs that ended since somebody looked: their hosts tell it, and then the records know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.loop.observation import observe

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.records.record import Record
    from deepcat.records.store import Store


def ends(
    root: Path, records: Mapping[str, Record], clouds: Mapping[str, Cloud] | None = None
) -> dict[str, Record]:
    """The jobs that are recorded as running and have ended, as they hold now; by name."""
    from deepcat.plan.lifetime import with_end
    from deepcat.plan.values import Status

    jobs = {
        name: record
        for name, record in records.items()
        if record.state.is_job and record.state.status is Status.RUNNING and not record.intent
    }
    here = observe(root, clouds or {}).tagged() if jobs else {}
    states = {name: with_end(jobs[name].state, here[name]) for name in jobs if name in here}
    return {
        name: replace(jobs[name], state=state, updated=state.ended)
        for name, state in states.items()
        if state.has_ended
    }


def record_ends(
    root: Path,
    store: Store,
    records: Mapping[str, Record],
    clouds: Mapping[str, Cloud] | None = None,
) -> dict[str, Record]:
    """Write down which jobs have ended; gives their records as they are then, by name.

    Raises:
        DeepcatError: the records cannot be written.
    """
    from deepcat.records.audit import ended_message

    found = {}
    for name, record in sorted(ends(root, records, clouds).items()):
        text = ended_message(records[name], record)
        now = store.update(name, partial(_unless_changed, records[name], record), text)
        if now is not None:
            found[name] = now
    return found


def _unless_changed(before: Record, after: Record, now: Record | None) -> Record | None:
    """What another run wrote meanwhile counts."""
    return after if now == before else now
