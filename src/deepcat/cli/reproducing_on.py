"""A version trained again on a cloud: planned, carried out, waited for, fetched and taken away."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.cli.say import say, say_lines
from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.loop.trained.candidate import Ask
    from deepcat.loop.trained.compared import Reproduced
    from deepcat.loop.trained.reproduce import Asked
    from deepcat.loop.world import Gathered
    from deepcat.plan.values import Plan
    from deepcat.records.store import Store
    from deepcat.records.trainings import Training

_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What training a version again on a cloud takes.

    Attributes:
        given: what is trained again.
        name: of its deployment.
        gathered: what the plan was made from.
        plan: for it alone.
    """

    given: Asked
    name: str
    gathered: Gathered
    plan: Plan


def foreseen(
    root: Path, store: Store | None, module: str, version: str, clouds: Sequence[str], wall_s: float
) -> Foreseen:
    """Plan it; nothing is begun.

    Args:
        root: the catalog's folder.
        store: the records to act by; None for who only looks.
        module: its name.
        version: that is made again; the newest where it is empty.
        clouds: of which one will do.
        wall_s: how long it may run.

    Raises:
        DeepcatError: there is no such version, or it learnt from what is no more.
    """
    from deepcat.cli.training_wish import prove, require_known
    from deepcat.loop.observed import as_it_is
    from deepcat.loop.own_data import entries
    from deepcat.loop.trained import elsewhere
    from deepcat.loop.trained.reproduce import asked
    from deepcat.loop.world import gather, only

    require_known(root, module, clouds)
    given = asked(root, module, version, here=False)
    data = entries(root, module, elsewhere.other_data(given))
    wish = elsewhere.wish(given, clouds, wall_s, datetime.now(UTC), data)
    name = elsewhere.name_of(wish)
    prove(root, name, wish)
    gathered = as_it_is(root, gather(root, store=store, asked={name: wish}))
    if name in gathered.wishes:
        elsewhere.require_same_data(given, gathered.wishes[name])
    return Foreseen(given, name, gathered, only(gathered.plan(), (name,)))


def tell(known: Foreseen, *, as_json: bool) -> None:
    """Say the plan."""
    import json

    from deepcat.plan.as_json import as_json as plain
    from deepcat.plan.render import text

    currency = known.gathered.currency
    if as_json:
        say_lines(json.dumps(plain(known.plan, currency), indent=2, ensure_ascii=False))
    else:
        say_lines(text(known.plan, currency), nl=False)


def require_place(known: Foreseen) -> None:
    """Hold that the plan refuses nothing, where nobody looks at it.

    Raises:
        DeepcatError: it does (``reproduce/refused``).
    """
    for each in known.plan.refusals.values():
        raise DeepcatError(
            f"the plan refuses `{known.name}`: {'; '.join(each)}",
            hint=f"see `deepcat reproduce {known.given.made.name} --on CLOUD --dry-run`",
            code="reproduce/refused",
        )


def trained_there(
    root: Path, store: Store, known: Foreseen, ask: Ask, *, quiet: bool
) -> Reproduced:
    """Carry it out, wait for its end, and compare; whatever happens, it is taken away.

    Raises:
        DeepcatError: it cannot be begun, did not end well, or made nothing that can be taken.
    """
    from deepcat.loop.trained.elsewhere import require_well
    from deepcat.loop.trained.reproduce import compared
    from deepcat.loop.trained.source import brought
    from deepcat.loop.trained.waited import waited_for

    with waited_for(root, known.name), _taken_away(root, store, known.name, quiet=quiet):
        _begin(root, store, known, quiet=quiet)
        done = require_well(_ended(root, store, known.name, quiet=quiet))
        hardware = {"cloud": done.cloud, "shape": done.shape, **done.hardware}
        with brought(root, store.read(known.name), done) as folder:
            return compared(known.given, folder, ask, done.seconds, hardware)


def _begin(root: Path, store: Store, known: Foreseen, *, quiet: bool) -> None:
    from deepcat.cli import operations, training_runs
    from deepcat.loop.jobs import jobs

    due = jobs(known.plan.changes, known.gathered)
    outcomes = training_runs.carry(root, store, known.gathered, due, quiet=quiet)
    if not quiet:
        operations.tell(outcomes, root)
    for each in outcomes:
        if not each.ok and each.failures:
            _say_why(root, store, known.name)
            why = each.failures[-1]
            raise DeepcatError(why.message, hint=why.hint, code=why.code)


def _say_why(root: Path, store: Store, name: str) -> None:
    """Of a training that was over as soon as it began; taken away, no `status` tells it.

    Raises:
        DeepcatError: how it ended.
    """
    from deepcat.cli.training_runs import now
    from deepcat.loop.trained.elsewhere import require_well

    for found in now(root, store, name):
        if found.is_over:
            require_well(found)


def _ended(root: Path, store: Store, name: str, *, quiet: bool) -> Training:
    """The training once it is over, with what it says meanwhile.

    Raises:
        DeepcatError: it is gone, or was waited for as long as its wish says (``training/over``).
    """
    from deepcat.cli.training_runs import news, now
    from deepcat.cli.training_words import show
    from deepcat.loop.trained.elsewhere import require_time

    before = ""
    while True:
        found = next(iter(now(root, store, name)), None)
        record = store.read(name)
        if found is None and record is None:
            raise DeepcatError(
                f"somebody took `{name}` down before it ended",
                hint="train it again",
                code="training/over",
            )
        if found is not None and not quiet and before != (said := news(found)):
            show(found)
            before = said
        if found is not None and found.is_over:
            return found
        require_time(record, datetime.now(UTC))
        time.sleep(_PAUSE_S)


@contextmanager
def _taken_away(root: Path, store: Store, name: str, *, quiet: bool) -> Iterator[None]:
    """Take a deployment down at the end, also where somebody ended this by a signal."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        try:
            take_down(root, store, (name,), quiet=quiet)
        finally:
            signal.signal(signal.SIGTERM, before)


def take_down(root: Path, store: Store, names: Sequence[str], *, quiet: bool) -> None:
    """Take deployments down that were made to train something again; what fails is said."""
    from deepcat.cli import operations
    from deepcat.loop.carry_out import carry_out
    from deepcat.loop.jobs import take_down as job
    from deepcat.loop.known import known_records, work_at_hand
    from deepcat.loop.trained.waited import forget

    tree, catalog, commit, formers = work_at_hand(root)
    records = known_records(root, catalog.clouds, store)
    jobs = [job(records[name], formers) for name in names if name in records]
    with operations.progress(quiet) as watcher:
        outcomes = carry_out(root, tree, commit, catalog.clouds, jobs, say=watcher, store=store)
    for each in outcomes:
        if not each.ok:
            why = each.failures[-1].message if each.failures else "it could not be taken down"
            say("note: {} is left, and the watch sweeps it: {}", each.job.name, why, err=True)
    forget(root, store.read_all())


def sweep(root: Path, store: Store, *, quiet: bool) -> None:
    """Take down what a `reproduce` that was killed left; that it cannot be is no reason to stop."""
    from deepcat.catalog.load import load_clouds
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.loop.away import all_away
    from deepcat.loop.trained.elsewhere import abandoned
    from deepcat.loop.trained.waited import forget

    with suppress(DeepcatError):
        records = store.read_all()
        away = all_away(root, records, load_clouds(work_tree(root)))
        left = [each.name for each in abandoned(root, records, datetime.now(UTC), away)]
        if left:
            say("taking down what nobody waits for: {}", ", ".join(left), err=True)
            take_down(root, store, left, quiet=quiet)
        forget(root, store.read_all())


def kept(root: Path, found: Any) -> None:
    """Write down what came of it, where there are records."""
    from deepcat.loop.trained.reproduce import kept as keep
    from deepcat.records.clone import open_store

    try:
        keep(open_store(root, to_act=True), found)
    except DeepcatError as error:
        say("note: the result is in no record: {}", error.message, err=True)
