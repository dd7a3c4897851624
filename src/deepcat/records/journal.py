"""The journal of runs, kept in the records: the intent before, the outcome after."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from deepcat.clouds.offers import Offer
from deepcat.errors import DeepcatError
from deepcat.plan.values import Action, State, Status
from deepcat.records.audit import running
from deepcat.records.lease import LEASE_S, Holder, Lease
from deepcat.records.record import Record
from deepcat.records.store import Store
from deepcat.runs.values import Job, Outcome


class RecordJournal:
    """Writes each deployment's intent and outcome, and holds its lease in between.

    Args:
        store: the records.
        holder: who works; this process when None.
        lease_s: for how long others wait after the last sign of life.
        by: who wanted it, such as the handle of who merged; empty when the commit's author did.
        commit: that is carried out; empty when the files were in none.
    """

    def __init__(
        self,
        store: Store,
        holder: Holder | None = None,
        lease_s: float = LEASE_S,
        by: str = "",
        commit: str = "",
    ) -> None:
        self._store = store
        self._lease = Lease(store, holder, lease_s)
        self._by = by
        self._commit = commit
        self._held: dict[str, Record | None] = {}
        self._beat_s = lease_s / 3
        self._quiet = threading.Event()
        self._heart: threading.Thread | None = None

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
        }
        if self._commit and job.wish is not None:
            intent["begun"] = [self._commit]
        where = f" on {intent['cloud']}" if intent["cloud"] else ""
        message = f"{job.name}: begin to {_phrase(job)}{where}\n\nDeepcat-Run: {run}"
        before = self._lease.take(job.name, intent, lambda: _blank(job), message)
        if before is None and job.change.renamed_from:
            before = self._store.read(job.change.renamed_from)
        self._held[job.name] = before
        if self._heart is None:
            self._heart = threading.Thread(target=self._beat, name="lease", daemon=True)
            self._heart.start()

    def step(self, deployment: str, step: str) -> None:
        """A step begins; the records keep only how it ends."""

    def finish(self, outcome: Outcome) -> None:
        """Write the outcome and give the lease back."""
        job, now = outcome.job, _now()
        text = message(outcome, self._by, running(self._held.pop(job.name, None), now))
        self._lease.give_back(job.name, lambda record: after(record, outcome, now), text)
        old = job.change.renamed_from
        if old and outcome.ok:
            self._store.update(old, lambda _: None, f"{old}: is now called {job.name}")
        if not self._held:
            self._quiet.set()

    def _beat(self) -> None:
        while not self._quiet.wait(self._beat_s):
            for name in tuple(self._held):
                # A beat that is missed is made up for by the next; the run itself goes on.
                with suppress(DeepcatError):
                    self._lease.keep(name)


def after(record: Record | None, outcome: Outcome, now: str) -> Record | None:
    """What the record is once a change has been carried out, or has failed."""
    if outcome.state is None:
        if record is None or not outcome.job.change.keeps_record:
            return None
        gone = replace(record.state, status=Status.GONE, endpoints={}, private=(), resources={})
        return replace(record, state=gone, intent={}, updated=now, failures=())
    base = record or Record(outcome.state, created=now)
    return replace(
        base,
        state=outcome.state,
        intent={},
        samples=dict(outcome.samples) if outcome.ok else base.samples,
        price_hour=outcome.price_hour if outcome.ok else base.price_hour,
        created=base.created or now,
        updated=now,
        failures=tuple(failure.as_dict() for failure in outcome.failures),
    )


def message(outcome: Outcome, by: str = "", ran: tuple[float, float] = (0.0, 0.0)) -> str:
    """The commit's message: a line for people, and facts below it for programs.

    Args:
        outcome: of one change.
        by: who wanted it.
        ran: hours that it ran for since the outcome before, and what they cost.
    """
    job = outcome.job
    change = job.change
    seconds = f"{outcome.seconds:.1f}"
    if not outcome.ok:
        why = outcome.failures[-1].message if outcome.failures else "it failed"
        subject = f"{job.name}: could not {_phrase(job)}: {why}"
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
        "Action": change.action.value,
        "Seconds": seconds,
        "Price-Hour": f"{outcome.price_hour:g}",
        "Commit": outcome.state.commit if outcome.state else "",
        "Owner": outcome.state.owner if outcome.state else "",
        "By": " ".join(by.split())[:100],
        "Ran-Hours": f"{ran[0]:.2f}" if ran[0] else "",
        "Cost": f"{ran[1]:.2f}" if ran[0] else "",
    }
    lines = [f"Deepcat-{key}: {value}" for key, value in facts.items() if value]
    lines += [f"Deepcat-Note: {' '.join(note.split())[:300]}" for note in outcome.notes]
    lines += [f"Deepcat-Failure: {f.cloud}: {f.kind}: {f.code}" for f in outcome.failures]
    return "\n".join([" ".join(subject.split())[:200], "", *lines])


def _phrase(job: Job) -> str:
    change = job.change
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
