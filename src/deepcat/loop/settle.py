"""The loop's middle, which a merge and the watch share: plan, bound, apply under leases, report."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError
from deepcat.forge.git import Repository
from deepcat.loop.carry_out import carry_out
from deepcat.loop.jobs import jobs
from deepcat.loop.observed import as_known, observed
from deepcat.loop.report import report
from deepcat.loop.trainings import follow, trains
from deepcat.loop.values import PlanOptions, Settled, Stage
from deepcat.review.due import Due, due
from deepcat.review.shown import Shown
from deepcat.secrets.mask import mask

if TYPE_CHECKING:
    from deepcat.loop.world import Gathered
    from deepcat.plan.values import Plan
    from deepcat.records.record import Record
    from deepcat.runs.values import Job, Outcome

PATIENCE_S = 1800.0
_PAUSE_S = 2.0


def settle(
    stage: Stage,
    touched: Callable[[Gathered], Collection[str]],
    *,
    shown: Mapping[str, Shown] | None = None,
    most: int | None = None,
    observe: Callable[[Gathered], Mapping[str, Record]] | None = None,
    more: Callable[[Gathered], Sequence[Job]] = lambda _: (),
    clock_jump_s: float = 0.0,
    patience_s: float = PATIENCE_S,
) -> Settled:
    """Plan, sort out what is due, carry it out, report what failed.

    What another run works on is waited for, while the others are carried out; then it is planned
    anew. Nothing is tried twice.

    Args:
        stage: on what to work.
        touched: the deployments that this merge changes.
        shown: deployment -> what the review showed.
        most: at most so many changes in all.
        observe: the records as they hold now; as `deepcat.loop.observed` says when None.
        more: further jobs, such as orphans to sweep; asked once.
        clock_jump_s: by how much the clock was set since it was last read.
        patience_s: how long to wait for other runs.
    """
    deadline = time.monotonic() + patience_s
    options = PlanOptions(touched, shown, most, observe, clock_jump_s)
    done: dict[str, Outcome] = {}
    busy: dict[str, Outcome] = {}
    extra: Sequence[Job] | None = None
    while True:
        gathered, plan, sorted_out = _plan(stage, options, done.keys())
        extra = more(gathered) if extra is None else [job for job in extra if job.name in busy]
        due_jobs = jobs(sorted_out.now, gathered)
        changed = {job.name for job in due_jobs}
        # A copy of what is changed right now waits for the next look.
        due_jobs += [job for job in extra if job.name not in changed]
        _announce(stage, gathered, plan, sorted_out, due_jobs)
        outcomes = _carry_out(stage, gathered, due_jobs)
        done |= {each.job.name: each for each in outcomes if not _is_busy(each)}
        busy = _wait_for(stage, outcomes, busy)
        if not busy or time.monotonic() > deadline:
            break
        time.sleep(_PAUSE_S)
    if any(each.state is not None and trains(each.state) for each in done.values()):
        known = stage.store.read_all()
        follow(stage.root, stage.store, known, gathered.catalog.clouds, stage.say)
    refused = {**plan.refusals, **sorted_out.outside}
    found = tuple(each for _, each in sorted((done | busy).items()))
    settled = Settled(found, refused, sorted_out.waiting)
    stage.tell(tuple(busy.values()))
    _notify(stage, gathered, settled, heals=observe is not None)
    untold = report(stage, gathered, settled, frozenset(sorted_out.outside))
    return replace(settled, untold=untold)


def _notify(stage: Stage, gathered: Gathered, settled: Settled, *, heals: bool) -> None:
    """Tell whoever asked for it in `deepcat.yaml`; of trouble, once until it is over.

    What is open in the inbox is what people know already, so this comes before the report.
    """
    if not gathered.settings.get("notify"):
        return
    from deepcat.loop.notices import notices
    from deepcat.notify.send import send_all

    known: frozenset[str] = frozenset()
    with suppress(DeepcatError):
        keys = (key.partition("/") for key in stage.inbox.open_keys())
        known = frozenset(name for about, _, name in keys if about in ("revert", "mend"))
    found = notices(
        settled.outcomes,
        settled.refused,
        gathered.catalog,
        commit=stage.commit,
        title=str(gathered.settings.get("title", "")),
        heals=heals,
        known=known,
    )
    send_all(gathered.settings, found, stage.say)


def _is_busy(outcome: Outcome) -> bool:
    """Whether another run has it, or had it since this was planned: then it is planned anew."""
    return not outcome.begun and outcome.failures[-1].code in ("run/busy", "run/moved")


def _wait_for(
    stage: Stage, outcomes: Iterable[Outcome], before: Collection[str]
) -> dict[str, Outcome]:
    """What other runs work on, each said once."""
    busy = {each.job.name: each for each in outcomes if _is_busy(each)}
    for name, outcome in busy.items():
        if name not in before:
            stage.say(f"waiting: {outcome.failures[-1].message}")
    return busy


def as_json(settled: Settled) -> str:
    """What came of it, for a program; without any secret."""
    from deepcat.runs.execute import summary

    data = {
        "format": "deepcat-settled/v1",
        "well": settled.is_well,
        "outcomes": [summary(outcome) for outcome in settled.outcomes],
        "refused": {name: list(why) for name, why in settled.refused.items()},
        "waiting": dict(settled.waiting),
        "untold": [mask(each) for each in settled.untold],
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _plan(stage: Stage, options: PlanOptions, done: Collection[str]) -> tuple[Gathered, Plan, Due]:
    """A plan of what has not been tried yet, and what of it is due."""
    from deepcat.loop.ends import record_ends
    from deepcat.loop.world import gather

    gathered = gather(stage.root, stage.commit, store=stage.store)
    over = record_ends(stage.root, stage.store, gathered.records, gathered.catalog.clouds)
    for name in over:
        stage.say(f"{name}: the job has ended")
    gathered = replace(gathered, records={**gathered.records, **over})
    clouds = gathered.catalog.clouds
    trainings = follow(stage.root, stage.store, gathered.records, clouds, stage.say)
    seen = options.observe(gathered) if options.observe else None
    records = seen if seen is not None else observed(stage.root, gathered.records, clouds)
    whole = as_known(stage.root, gathered, records, stage.store, trainings).plan()
    plan = replace(
        whole,
        changes=tuple(each for each in whole.changes if each.deployment not in done),
        refusals={name: why for name, why in whole.refusals.items() if name not in done},
    )
    requests = {name: wish.request for name, wish in gathered.wishes.items()}
    sorted_out = due(
        plan,
        gathered.records,
        requests,
        touched=options.touched(gathered),
        shown=options.shown,
        newer=_newer(stage, gathered.records),
        most=None if options.most is None else max(0, options.most - len(done)),
        clock_jump_s=options.clock_jump_s,
    )
    return gathered, plan, sorted_out


def _newer(stage: Stage, records: Mapping[str, Record]) -> frozenset[str]:
    """Deployments that were applied from a commit that came after this one."""
    applied = {name: record.state.commit for name, record in records.items()}
    later = Repository(stage.root).later(stage.commit, applied.values())
    return frozenset(name for name, commit in applied.items() if commit in later)


def _announce(
    stage: Stage, gathered: Gathered, plan: Plan, sorted_out: Due, due_jobs: Sequence[Job]
) -> None:
    from deepcat.plan.render import text

    for line in text(plan, gathered.currency, quiet=True).splitlines():
        stage.say(line)
    for name, reasons in sorted_out.outside.items():
        stage.say(f"{name}: stopped, it would leave what was merged: {'; '.join(reasons)}")
    for name, why in sorted_out.waiting.items():
        stage.say(f"{name}: waits: {why}")
    if not due_jobs:
        stage.say("Nothing is due.")


def _carry_out(stage: Stage, gathered: Gathered, jobs: Sequence[Job]) -> tuple[Outcome, ...]:
    outcomes = carry_out(
        stage.root,
        gathered.tree,
        gathered.commit,
        gathered.catalog.clouds,
        jobs,
        timeout_s=stage.timeout_s,
        store=stage.store,
        by=stage.by,
        log=stage.log,
        approved=stage.approved,
        keeps=False,  # a workflow's clone is gone when it ends
    )
    stage.tell([each for each in outcomes if not _is_busy(each)])
    return outcomes
