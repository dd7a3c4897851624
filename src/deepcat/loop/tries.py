"""How often the places of trainings were taken away, where a wish bounds that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from deepcat.plan.lifetime import most_tries
from deepcat.records.trainings import times_lost as lost

if TYPE_CHECKING:
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
