"""The journal of runs, kept in the records: the intent before, the outcome after."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from deepcat.clouds.offers import Offer
from deepcat.errors import DeepcatError
from deepcat.plan.values import Action, State, Status
from deepcat.records import here
from deepcat.records.audit import running
from deepcat.records.lease import LEASE_S, Holder, Lease
from deepcat.records.record import Record
from deepcat.records.shape import address
from deepcat.records.store import Store
from deepcat.records.told import tell
from deepcat.runs.values import Aside, Job, Outcome

_ASIDE = {Aside.STOPPED: "put aside", Aside.GONE: "gone"}


class RecordJournal:
    """Writes each deployment's intent and outcome, and holds its lease in between.

    Args:
        store: the records.
        holder: who works; this process when None.
        lease_s: for how long others wait after the last sign of life.
        by: who wanted it, such as the handle of who merged; empty when the commit's author did.
        commit: that is carried out; empty when the files were in none.
        log: where a forge shows the log of what is done; may be empty.
        approved: handles of those who said yes to what was merged.
        keeps: whether this clone keeps an outcome that its remote does not take now; one that may
            be gone afterwards fails instead, and the intent tells the next run.
    """

    def __init__(
        self,
        store: Store,
        holder: Holder | None = None,
        lease_s: float = LEASE_S,
        by: str = "",
        commit: str = "",
        log: str = "",
        approved: Sequence[str] = (),
        *,
        keeps: bool = True,
    ) -> None:
        self._store = store
        self._keeps = keeps
        self._lease = Lease(store, holder, lease_s)
        self._by = by
        self._approved = tuple(approved)
        self._commit = commit
        self._log = address(log)
        self._held: dict[str, Record | None] = {}
        self._beat_s = lease_s / 3
        self._quiet = threading.Event()
        self._quiet.set()

    def begin(self, job: Job, run: str, offer: Offer | None) -> None:
        """Write the intent; see `deepcat.runs.values.Journal`."""
        intent: dict[str, Any] = {
            "action": job.change.action.value,
            "run": run,
            "cloud": offer.cloud if offer else (job.before.cloud if job.before else ""),
            "shape": offer.shape if offer else (job.before.shape if job.before else ""),
            "module": job.change.module,
            "version": job.change.version,
            "since": _now(),
            "clone": here.clone(self._store.root),
        }
        if job.aside:
            intent["aside"] = job.aside.value
        if self._log:
            intent["log"] = self._log
        if self._commit and job.wish is not None:
            intent["begun"] = [self._commit]
        where = f" on {intent['cloud']}" if intent["cloud"] else ""
        message = f"{job.name}: begin to {_phrase(job)}{where}\n\nDeepcat-Run: {run}"
        before = self._lease.take(
            job.name, intent, lambda: _blank(job), message, partial(_require_as_planned, job)
        )
        if before is None and job.change.renamed_from:
            before = self._store.read(job.change.renamed_from)
        self._held[job.name] = before
        if self._quiet.is_set():
            self._quiet = threading.Event()
            given = (weakref.ref(self), self._quiet, self._beat_s)
            threading.Thread(target=_beat, args=given, name="lease", daemon=True).start()

    def step(self, deployment: str, step: str) -> None:
        """A step begins; the records keep only how it ends."""

    def finish(self, outcome: Outcome) -> None:
        """Write the outcome and give the lease back."""
        job, now = outcome.job, _now()
        ran = running(self._held.pop(job.name, None), now)
        text = message(outcome, self._by, ran, self._approved)
        log = self._log
        why = self._lease.give_back(
            job.name,
            lambda record: after(record, outcome, now, log, self._commit),
            text,
            keep=self._keeps,
        )
        old = job.change.renamed_from
        if old and outcome.ok:
            words = f"{old}: is now called {job.name}"
            why += self._store.settle(old, lambda _: None, words, keep=self._keeps)
        if why:
            tell(
                f"note: what was done to `{job.name}` is recorded in this clone alone, and the next"
                f" command pushes it: {why}"
            )
        if not self._held:
            self._quiet.set()

    def keep(self) -> None:
        """Give a sign of life for all that is held, if it is time for one."""
        for name in tuple(self._held):
            # A beat that is missed is made up for by the next; the run itself goes on.
            with suppress(DeepcatError):
                self._lease.keep(name)


def _beat(
    journal: weakref.ReferenceType[RecordJournal], quiet: threading.Event, every_s: float
) -> None:
    """Keep what a journal holds until it holds nothing, or nobody has the journal any more."""
    while not quiet.wait(every_s) and (found := journal()) is not None:
        found.keep()
        del found


def _require_as_planned(job: Job, record: Record | None) -> None:
    """Raise DeepcatError (``run/moved``) where somebody changed the deployment since the plan.

    What two plan at the same time, the second would do again, or undo.
    """
    if job.is_copy:
        _require_elsewhere(job, record)
        return
    before, is_delete = job.before, job.change.action is Action.DELETE
    if job.change.renamed_from:
        is_same = record is None or not record.state.run
    elif record is None or before is None:
        # What bears our tag alone is taken down without a record, and what is gone is gone.
        is_same = record is None and (before is None or is_delete)
    else:
        is_gone = record.state.status is Status.GONE
        is_same = record.state.run == before.run and is_gone <= (before.status is Status.GONE)
    if not is_same:
        raise DeepcatError(
            f"`{job.name}` was changed by somebody else since this was planned",
            hint="run the same command again: it plans from what is there now",
            code="run/moved",
        )


def _require_elsewhere(job: Job, record: Record | None) -> None:
    """Raise DeepcatError (``run/moved``) where what was taken for a copy is the deployment now."""
    at = job.before
    if record is None or at is None or (at.cloud, at.shape) == (_at(record)):
        raise DeepcatError(
            f"`{job.name}` is where a copy of it was seen",
            hint="run the same command again: it plans from what is there now",
            code="run/moved",
        )


def _at(record: Record) -> tuple[str, str]:
    return record.state.cloud, record.state.shape


def after(
    record: Record | None, outcome: Outcome, now: str, log: str = "", commit: str = ""
) -> Record | None:
    """What the record is once a change has been carried out, or has failed.

    Args:
        record: as it was.
        outcome: of the change.
        now: ISO 8601 instant.
        log: where a forge shows the log of it.
        commit: planned; what failed, failed with this.
    """
    if outcome.job.is_copy:
        return replace(record, intent={}) if record else None
    if outcome.state is None:
        if record is None or not outcome.job.change.keeps_record:
            return None
        gone = replace(record.state, status=Status.GONE, endpoints={}, private=(), resources={})
        return replace(record, state=gone, intent={}, updated=now, failures=(), log=log)
    base = record or Record(outcome.state, created=now)
    is_applied = outcome.ok and not outcome.job.aside
    return replace(
        base,
        state=outcome.state,
        intent={},
        silent=0,
        samples=dict(outcome.samples) if is_applied else base.samples,
        price_hour=outcome.price_hour if is_applied else base.price_hour,
        created=base.created or now,
        updated=now,
        failures=tuple(
            failure.as_dict() | ({"commit": commit} if commit else {})
            for failure in outcome.failures
        ),
        log=log,
    )


def message(
    outcome: Outcome,
    by: str = "",
    ran: tuple[float, float] = (0.0, 0.0),
    approved: Sequence[str] = (),
) -> str:
    """The commit's message: a line for people, and facts below it for programs.

    Args:
        outcome: of one change.
        by: who wanted it.
        ran: hours that it ran for since the outcome before, and what they cost.
        approved: who said yes to it.
    """
    job = outcome.job
    change = job.change
    seconds = f"{outcome.seconds:.1f}"
    if not outcome.ok:
        why = outcome.failures[-1].message if outcome.failures else "it failed"
        subject = f"{job.name}: could not {_phrase(job)}: {why}"
    elif job.is_copy and job.before is not None:
        subject = f"{job.name}: its older copy on {job.before.cloud}/{job.before.shape} is gone"
    elif job.aside:
        subject = f"{job.name}: its machine is {_ASIDE[job.aside]} after {seconds} s"
    elif outcome.state is None:
        subject = f"{job.name}: is gone after {seconds} s"
    else:
        state = outcome.state
        does = f"ended with status {state.exit_status}" if state.has_ended else "runs"
        subject = (
            f"{job.name}: {state.module} {state.version} {does} on {state.cloud} after {seconds} s"
        )
    facts: dict[str, Any] = {
        "Run": outcome.run,
        "Action": "" if job.is_copy else change.action.value,
        "Seconds": seconds,
        "Price-Hour": f"{outcome.price_hour:g}",
        "Commit": outcome.state.commit if outcome.state else "",
        "Owner": outcome.state.owner if outcome.state else "",
        "By": " ".join(by.split())[:100],
        "Approved": " ".join(" ".join(approved).split())[:500],
        "Ran-Hours": f"{ran[0]:.2f}" if ran[0] else "",
        "Cost": f"{ran[1]:.2f}" if ran[0] else "",
    }
    lines = [f"Deepcat-{key}: {value}" for key, value in facts.items() if value]
    lines += [f"Deepcat-Note: {' '.join(note.split())[:300]}" for note in outcome.notes]
    failed = (*outcome.failures, *outcome.passed)
    lines += [f"Deepcat-Failure: {f.cloud}: {f.kind}: {f.code}" for f in failed]
    return "\n".join([" ".join(subject.split())[:200], "", *lines])


def _phrase(job: Job) -> str:
    change = job.change
    if job.aside:
        return f"let the machine of {change.module} be {_ASIDE[job.aside]}"
    if change.action is Action.DELETE:
        return f"take {change.module} down"
    return f"{change.action.value} {change.module} {change.version}"


def _blank(job: Job) -> Record:
    """The record of a deployment of which nothing is known but that it is about to be."""
    change, wish = job.change, job.wish
    deployment = wish.deployment if wish else None
    state = State(
        name=job.name,
        module=change.module,
        version=change.version,
        module_digest="",
        profile=change.profile,
        inputs={},
        cloud=change.offer.cloud if change.offer else "",
        shape=change.offer.shape if change.offer else "",
        status=Status.PENDING,
        wish_digest="",
        commit="",
        owner=deployment.owner if deployment else "",
    )
    return Record(state, created=_now())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
