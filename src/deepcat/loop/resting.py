"""Machines that nobody needs now, of kinds that make one for each deployment: aside, or gone.

A notebook that stopped and a job that ended keep what lies on their machine, and pay for no host.
Once what a training made is proposed, its machine goes; its record stays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError
from deepcat.loop.observed import rests
from deepcat.loop.unproposed import is_collected, of_run
from deepcat.plan.values import Action, Change, Status
from deepcat.runs.values import Aside, Job

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.loop.world import Gathered
    from deepcat.plan.values import State
    from deepcat.records.record import Record
    from deepcat.records.store import Store
    from deepcat.records.trainings import Training
    from deepcat.runs.values import Event, Outcome

# How long a machine may run while nobody says who woke it, and while somebody elsewhere does.
_WAKING_S, _LOOK_S = 900.0, 3600.0


def rest(
    root: Path,
    store: Store,
    names: Collection[str] | None = None,
    *,
    say: Callable[[Event], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Put aside, or take away, the machines that nobody needs now.

    Args:
        root: the catalog's folder.
        store: the records.
        names: of the deployments that are looked at; None for all.
        say: hears what happens, as it happens.

    Raises:
        DeepcatError: as `carry_out`.
    """
    from deepcat.loop.carry_out import carry_out
    from deepcat.loop.known import work_at_hand

    known = store.read_all()
    records = {name: known[name] for name in known if names is None or name in names}
    if not any(_may_rest(each) or _is_aside(each) for each in records.values()):
        return ()
    tree, catalog, commit, _ = work_at_hand(root)
    # On other clouds nothing is asked of anybody.
    makes = {name for name, cloud in catalog.clouds.items() if _rests(cloud)}
    own = {name: each for name, each in records.items() if each.state.cloud in makes}
    trainings = store.read_trainings() if own else {}
    jobs = [
        put_aside(each.state, aside)
        for each in own.values()
        if (aside := due(each, trainings, partial(_runs, root, each)))
    ]
    others = {name: each for name, each in own.items() if name not in {job.name for job in jobs}}
    jobs += _left_awake(root, catalog.clouds, others)
    done = carry_out(root, tree, commit, catalog.clouds, jobs, say=say, store=store)
    # What another one puts aside right now is seen to.
    return tuple(each for each in done if each.begun or each.failures[-1].code != "run/busy")


def due(
    record: Record, trainings: Mapping[str, Training], runs: Callable[[], bool]
) -> Aside | None:
    """What shall become of a deployment's machine; None where it stays as it is. Pure.

    Args:
        record: of the deployment.
        trainings: that are known, by id.
        runs: says whether somebody can work in its notebook; asked of one that should run alone.
    """
    state = record.state
    if not _may_rest(record):
        return None
    if not state.has_ended:
        return None if runs() else Aside.STOPPED
    own = list(of_run(state, trainings))
    if own and all(map(is_collected, own)):
        return Aside.GONE
    if any(not each.is_over for each in own):  # what it did is not written down yet
        return None
    return None if state.resources.get("aside") else Aside.STOPPED


def _is_aside(record: Record) -> bool:
    return record.state.resources.get("aside") == Aside.STOPPED and not record.intent


def _left_awake(
    root: Path, clouds: Mapping[str, Cloud], records: Mapping[str, Record]
) -> Iterator[Job]:
    """Those that run although they are put aside: who woke them for a look was killed."""
    from deepcat.clouds.means import means
    from deepcat.clouds.registry import answering, kind_of
    from deepcat.clouds.resting import Resting
    from deepcat.host.failure import StepError

    aside = {name: each.state for name, each in records.items() if _is_aside(each)}
    for place in sorted({state.cloud for state in aside.values()}):
        kind: object = kind_of(clouds[place])
        try:
            with answering(clouds[place]):
                found = kind.awake(clouds[place], means(root)) if isinstance(kind, Resting) else ()
        except (DeepcatError, StepError):  # another time it is told
            continue
        for name, holder, since in found:
            if name in aside and aside[name].cloud == place and is_abandoned(holder, since):
                yield put_aside(aside[name], Aside.STOPPED)


def is_abandoned(holder: str, since: str) -> bool:
    """Whether nobody looks any more at what lies on a machine that was woken for that.

    Args:
        holder: who woke it, as `Holder` is written; empty where nobody says so.
        since: when it began to run, in ISO 8601.
    """
    from deepcat.records.history import instant
    from deepcat.records.lease import Holder

    known = Holder.parse(holder)
    if known is not None and known.is_here():
        return not known.is_alive()
    began = instant(since)
    bound = _WAKING_S if known is None else _LOOK_S
    return began is not None and (datetime.now(UTC) - began).total_seconds() > bound


def _may_rest(record: Record) -> bool:
    state = record.state
    is_begun = bool(record.intent) and not rests(record)
    if is_begun or not state.resources or state.resources.get("aside") == Aside.GONE:
        return False
    notebook = state.status is Status.RUNNING and bool(state.resources.get("work"))
    return notebook or state.has_ended


def _rests(cloud: Cloud) -> bool:
    """Whether a cloud's kind makes machines and puts them aside."""
    from deepcat.clouds.kind import Making
    from deepcat.clouds.registry import kind_of
    from deepcat.clouds.resting import Resting

    try:
        kind = kind_of(cloud)
    except DeepcatError:  # a kind that is not installed
        return False
    return isinstance(kind, Making) and isinstance(kind, Resting)


def _runs(root: Path, record: Record) -> bool:
    """Whether somebody can work in a notebook; one that cannot be asked is left alone."""
    from deepcat.loop.developing import notebook_of

    try:
        return notebook_of(root, record).now().runs
    except DeepcatError:
        return True


def put_aside(state: State, aside: Aside) -> Job:
    """The job that does no more than that. Pure."""
    change = Change(Action.UPDATE, state.name, state.module, state.version, state.profile)
    return Job(change, None, state, aside=aside)


def started(root: Path, store: Store, name: str) -> tuple[Gathered, Job] | None:
    """What brings a deployment that is stopped up again where it is; None where it is not stopped.

    Raises:
        DeepcatError: its wish cannot be read (``develop/none``), or its place is not to be had.
    """
    from deepcat.loop.again import where_it_is
    from deepcat.loop.world import gather

    record = store.read(name)
    if record is None or record.intent or record.state.status is not Status.STOPPED:
        return None
    gathered = gather(root, store=store)
    if name not in gathered.wishes:
        why = "; ".join(gathered.held.get(name, ("no file wishes for it any more",)))
        raise DeepcatError(f"`{name}`: {why}", hint="mend that first", code="develop/none")
    return gathered, where_it_is(gathered, record.state, {})
