"""The records as they hold by what is really there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.loop.adopted import silent
from deepcat.loop.ends import ends
from deepcat.loop.observation import observe
from deepcat.loop.rotated import rotated
from deepcat.loop.trainings import trains
from deepcat.loop.tries import times_starved

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.loop.away import Away
    from deepcat.loop.observation import Observation
    from deepcat.loop.trainings import Seen
    from deepcat.loop.world import Gathered
    from deepcat.records.record import Record
    from deepcat.records.store import Store
    from deepcat.review.drift import Drift


def as_it_is(root: Path, gathered: Gathered) -> Gathered:
    """What was read, with the records as they hold now: nobody plans from the records alone.

    A cloud that was not asked what it has, because its file is nobody's yet, is not asked this.
    """
    asked = {
        name: cloud
        for name, cloud in gathered.catalog.clouds.items()
        if gathered.probes.get(name) is not None
    }
    seen = sight(root, gathered.records, asked)
    found = rotated(gathered.wishes, seen.records, seen.keys)
    return replace(as_known(root, gathered, seen.records), rotated=found)


def as_known(
    root: Path,
    gathered: Gathered,
    records: Mapping[str, Record],
    store: Store | None = None,
    trainings: Seen | None = None,
) -> Gathered:
    """What was read, with the records as they were seen, and what is bounded by that.

    Args:
        root: the catalog's folder.
        gathered: that was read; clouds that were not asked by it are not asked now.
        records: as they hold now, by name.
        store: the records; opened where they are needed when None.
        trainings: as a look has just told of them; None where hosts are to be asked.
    """
    from deepcat.plan.values import Status
    from deepcat.records.clone import open_store

    lost = {
        name: each
        for name, each in records.items()
        if each.state.status is Status.FAILED and not each.state.has_ended and trains(each.state)
    }
    known = replace(gathered, records=records)
    if not lost:
        return known
    clouds = {n: c for n, c in gathered.catalog.clouds.items() if n not in gathered.unasked}
    found = times_starved(root, store or open_store(root), lost, clouds, trainings)
    return replace(known, times_starved=found)


def observed(
    root: Path, records: Mapping[str, Record], clouds: Mapping[str, Cloud] | None = None
) -> dict[str, Record]:
    """The records as they hold now: what died, was altered, or was begun and left, is told so."""
    return sight(root, records, clouds).records


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at everything.

    Attributes:
        records: as they hold now, by name.
        drift: what differs between the records and what is there.
        away: what another clone's machine has, by name; of the deployments that are asked about.
        keys: deployment -> name -> what tells its API key there from another one.
        stopped: of places to develop that run as their record says, why nobody can work there now.
    """

    records: dict[str, Record]
    drift: Drift
    away: Mapping[str, Away] = field(default_factory=dict)
    keys: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stopped: Mapping[str, str] = field(default_factory=dict)


def sight(
    root: Path,
    records: Mapping[str, Record],
    clouds: Mapping[str, Cloud] | None = None,
    wishes: Collection[str] = (),
) -> Sight:
    """Look at what is really there, once, for everybody who plans, tells or acts.

    Args:
        root: the catalog's folder.
        records: by name.
        clouds: of the catalog, by name; a kind that needs none of their files is asked without.
        wishes: names of the deployments that main holds.
    """
    from deepcat.plan.values import Status

    records = {**records, **ends(root, records, clouds)}
    there = observe(root, clouds or {})
    found = there.drift(records, wishes)
    running = [each.state for each in records.values() if each.state.status is Status.RUNNING]
    found = replace(found, dead=tuple(sorted({*found.dead, *silent(root, running)})))
    seen = as_seen(_where_now(records, there), {*found.dead, *found.changed})
    return Sight(seen, found, keys=_keys(records, there), stopped=_stopped(seen, there))


def _stopped(seen: Mapping[str, Record], there: Observation) -> dict[str, str]:
    from deepcat.plan.values import Status

    runs = {name: r.state for name, r in seen.items() if r.state.status is Status.RUNNING}
    told = {name: there.stopped(state) for name, state in runs.items()}
    return {name: why for name, why in told.items() if why is not None}


def _keys(records: Mapping[str, Record], there: Observation) -> dict[str, Mapping[str, str]]:
    """What the owner tags tell of API keys, of those that have any."""
    tagged = {name: there.there(each.state) for name, each in records.items() if each.state.access}
    told = {name: found.owner.get("keys") for name, found in tagged.items() if found}
    return {name: marks for name, marks in told.items() if isinstance(marks, dict)}


def _where_now(records: Mapping[str, Record], there: Observation) -> dict[str, Record]:
    """The records with where programs listen by now that choose that themselves."""
    found = dict(records)
    for name in there.found.keys() & records.keys():
        state = records[name].state
        if state.endpoints and (now := there.where_now(state)) != state.endpoints:
            found[name] = replace(records[name], state=replace(state, endpoints=now))
    return found


def rests(record: Record) -> bool:
    """Whether no more was begun with a job that ended than to put its machine aside."""
    return bool(record.intent.get("aside")) and record.state.has_ended


def as_seen(records: Mapping[str, Record], gone: Collection[str]) -> dict[str, Record]:
    """The records with what died told failed, and what was begun and left told pending.

    Args:
        records: by name.
        gone: the names of those that should run, and do not or not as they were applied.
    """
    from deepcat.plan.values import Status

    seen = {}
    for name, record in records.items():
        status = record.state.status
        if record.intent and not rests(record):
            status = Status.PENDING
        elif name in gone:
            status = Status.FAILED
        seen[name] = replace(record, state=replace(record.state, status=status))
    return seen
