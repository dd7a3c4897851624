"""Which deployments would take a new version, and what they run now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepcat.catalog.judging.choosing import takes
from deepcat.plan.values import Status

if TYPE_CHECKING:
    from deepcat.catalog.values import Deployment
    from deepcat.records.record import Record


@dataclass(frozen=True, slots=True)
class Taker:
    """A deployment of the module that was trained.

    Attributes:
        name: its own.
        wanted: the versions that its file asks for; empty for any.
        is_taker: whether the new one is among them.
        runs: the version that runs now; empty for none.
        where: cloud and shape of that.
    """

    name: str
    wanted: str
    is_taker: bool
    runs: str = ""
    where: str = ""


def takers(
    wishes: Iterable[Deployment], records: Mapping[str, Record], module: str, version: str
) -> tuple[Taker, ...]:
    """Every deployment of a module but its trainings, by name.

    Args:
        wishes: of the catalog.
        records: as they hold now, by name.
        module: the module's name.
        version: the new one.
    """
    own = (each for each in wishes if each.module == module and each.profile != "train")
    return tuple(
        _taker(each, records.get(each.name), version)
        for each in sorted(own, key=lambda each: each.name)
    )


def _taker(wish: Deployment, record: Record | None, version: str) -> Taker:
    is_taker = takes(wish.version, version)
    if record is None or record.state.status is not Status.RUNNING:
        return Taker(wish.name, wish.version, is_taker)
    state = record.state
    where = "/".join(filter(None, (state.cloud, state.shape)))
    return Taker(wish.name, wish.version, is_taker, state.version, where)
