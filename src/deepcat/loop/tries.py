"""How often in a row trainings came to no end of their own, by which another try is bounded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.loop.trainings import look
from deepcat.plan.lifetime import most_tries
from deepcat.records.trainings import times_lost as lost
from deepcat.records.trainings import times_starved as starved

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.loop.trainings import Seen
    from deepcat.plan.values import Wish
    from deepcat.records.record import Record
    from deepcat.records.store import Store


def times_lost(
    store: Store, wishes: Mapping[str, Wish], records: Mapping[str, Record]
) -> dict[str, int]:
    """Deployment -> how often in a row; of those alone whose wish says how often it may be."""
    runs = {
        name: records[name].state.run
        for name, wish in wishes.items()
        if name in records and most_tries(wish.deployment) is not None
    }
    if not runs:
        return {}
    known = store.read_trainings().values()
    return {each.deployment: lost(each) for each in known if runs.get(each.deployment) == each.run}


def times_starved(
    root: Path,
    store: Store,
    records: Mapping[str, Record],
    clouds: Mapping[str, Cloud],
    seen: Seen | None = None,
) -> dict[str, int]:
    """Deployment -> how often in a row its training was ended for want of memory, with its watch.

    Hosts are asked that have not told yet why a training does not run any more, unless a look has
    just asked them.

    Args:
        root: the catalog's folder.
        store: the records.
        records: of trainings that were seen not to run, and have no end of their own.
        clouds: that may be asked, by name.
        seen: a look that was just taken; None where one is to be taken.
    """
    seen = seen or look(root, records, store.read_trainings(), clouds)
    runs = {name: each.state.run for name, each in records.items()}
    known = (t for t in seen.trainings.values() if runs.get(t.deployment) == t.run)
    return {each.deployment: times for each in known if (times := starved(each))}
