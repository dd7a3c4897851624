"""Carry changes out: write the intent, act, write the outcome; on failure the next offer.

One call of Ansible for each cloud brings up, proves and takes down all that changes there.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.means import means
from deepcat.clouds.offers import Offer
from deepcat.clouds.registry import answering, is_here
from deepcat.clouds.registry import failure as failure_by_kind
from deepcat.errors import DeepcatError
from deepcat.plan.digests import plain
from deepcat.plan.values import State, Status
from deepcat.runs import ansible, plays
from deepcat.runs import state as states
from deepcat.runs.aside import put_aside
from deepcat.runs.asked import answered
from deepcat.runs.events import HostResult, Watcher
from deepcat.runs.fallback import remaining, taken
from deepcat.runs.folders import folder_of, prune
from deepcat.runs.machines import Machines
from deepcat.runs.prepare import Prepared, count, prepare, removal
from deepcat.runs.reader import prove
from deepcat.runs.results import account_for, join
from deepcat.runs.setting import FailedError, Setting
from deepcat.runs.unreached import Unreached
from deepcat.runs.values import Event, Ground, Job, Outcome
from deepcat.secrets.resolve import environment

_STOPPED = "run/stopped"


@dataclass(frozen=True, slots=True)
class _Try:
    """One change on its way: where it is tried now, and what was tried before."""

    job: Job
    offer: Offer | None
    rest: tuple[Offer, ...] = ()
    failures: tuple[Failure, ...] = ()
    left: tuple[Failure, ...] = ()
    started: float = 0.0

    @property
    def cloud(self) -> str:
        if self.offer is not None:
            return self.offer.cloud
        return self.job.before.cloud if self.job.before else ""

    @property
    def shape(self) -> str:
        return self.job.shape(self.offer)


def execute(jobs: Sequence[Job], ground: Ground, run: str) -> tuple[Outcome, ...]:
    """Carry changes out.

    Args:
        jobs: none of them with nothing to do.
        ground: on what the run stands.
        run: its id; its folder is made.

    Returns:
        One outcome for each job, sorted by deployment; what another run works on was not begun
        (``run/busy``).

    Raises:
        DeepcatError: Ansible is missing; or a person stopped the run (``run/stopped``): then
            intents that were written stay, so that the next run finishes what was begun.
    """
    ansible.require()
    folder = folder_of(ground.root, run)
    folder.mkdir(parents=True)
    _write(folder / "plan.json", [plain(job.change) for job in jobs])
    waiting = [_first(job) for job in jobs]
    outcomes: list[Outcome] = []
    round_ = 0
    with ansible.stopping() as is_stopped:
        while waiting:
            round_ += 1
            done, waiting = _round(waiting, ground, run, round_, is_stopped)
            outcomes += done
    outcomes.sort(key=lambda outcome: outcome.job.name)
    _write(folder / "outcome.json", [summary(outcome) for outcome in outcomes])
    prune(ground.root)
    return tuple(outcomes)


def _first(job: Job) -> _Try:
    change = job.change
    return _Try(job, change.offer, change.fallbacks, started=time.monotonic())


def _round(
    waiting: list[_Try], ground: Ground, run: str, number: int, is_stopped: Callable[[], bool]
) -> tuple[list[Outcome], list[_Try]]:
    """Try everything once, each cloud by one call, the clouds side by side."""
    by_cloud: dict[str, list[_Try]] = {}
    for each in waiting:
        by_cloud.setdefault(each.cloud, []).append(each)
    calls = [
        (lambda name=name, tries=tries: _Call(name, ground, run, number, is_stopped).make(tries))
        for name, tries in sorted(by_cloud.items())
    ]
    if len(calls) == 1:
        results = [calls[0]()]
    else:
        with ThreadPoolExecutor(len(calls)) as pool:
            results = list(pool.map(lambda call: call(), calls))
    outcomes = [outcome for done, _ in results for outcome in done]
    return outcomes, [again for _, more in results for again in more]


class _Call:
    """One call of Ansible for one cloud."""

    def __init__(
        self, cloud: str, ground: Ground, run: str, number: int, is_stopped: Callable[[], bool]
    ) -> None:
        suffix = "" if number == 1 else f"-{number}"
        folder = folder_of(ground.root, run) / f"{cloud}{suffix}"
        self.setting = Setting(cloud, ground, run, folder, means(ground.root))
        self.cloud = cloud
        self.ground = ground
        self.is_stopped = is_stopped
        self.states: dict[str, State | None] = {}
        self.machines = Machines(self.setting, self._watch)

    def make(self, tries: list[_Try]) -> tuple[list[Outcome], list[_Try]]:
        """What is done with, and what goes on to the next offer."""
        outcomes: list[Outcome] = []
        more: list[_Try] = []
        begun: list[tuple[_Try, Prepared]] = []
        extra: list[plays.Part] = []
        ours = self._only(self._begin(tries, outcomes), outcomes)
        lacking = self.machines.make([(each.job, each.offer) for each in ours])
        self.states |= self.machines.tried
        for each in ours:
            if failure := lacking.get(each.job.name):
                self._judge(each, HostResult(failure=failure), outcomes, more)
                continue
            try:
                prepared = prepare(self.setting, each.job, each.offer)
                self.states[each.job.name] = prepared.state
                old = self._renamed(each)
            except FailedError as error:
                result = self.machines.after(
                    each.job, each.shape, HostResult(failure=error.failure)
                )
                self._judge(each, result, outcomes, more)
                continue
            except Exception as error:  # what one change makes fail, the others do not pay for
                outcomes.append(self._cut_off(each, error))
                continue
            if old is not None:
                extra.append(old.part)
                prepared = replace(prepared, notes=(*prepared.notes, *old.notes))
            begun.append((each, prepared))
        try:
            results = self._act([*extra, *(prepared.part for _, prepared in begun)])
        except Exception as error:
            if isinstance(error, DeepcatError) and error.code == _STOPPED:
                raise
            return [*outcomes, *(self._cut_off(each, error) for each, _ in begun)], more
        for each, prepared in begun:
            try:
                told = self._told(each, prepared, extra, results)
                result = self.machines.after(each.job, each.shape, told)
                self._leave(each, result)
                self._judge(each, result, outcomes, more)
            except Exception as error:
                outcomes.append(self._cut_off(each, error))
        shutil.rmtree(self.setting.folder / "files", ignore_errors=True)
        return outcomes, more

    def _only(self, tries: list[_Try], outcomes: list[Outcome]) -> list[_Try]:
        """Those that ask for more than that a machine is put aside, which is done first."""
        for job in (each.job for each in tries if each.job.aside):
            outcomes.append(self._written(put_aside(self.machines, job, self.setting.run)))
        return [each for each in tries if not each.job.aside]

    def _begin(self, tries: list[_Try], outcomes: list[Outcome]) -> list[_Try]:
        """Those whose intent is written; what another run works on is told among the outcomes."""
        begun = []
        for each in tries:
            try:
                self.ground.journal.begin(each.job, self.setting.run, each.offer)
                begun.append(each)
            except DeepcatError as error:
                outcomes.append(self._not_begun(each, error))
        return begun

    def _told(
        self,
        each: _Try,
        prepared: Prepared,
        extra: list[plays.Part],
        results: Mapping[str, HostResult],
    ) -> HostResult:
        """What all hosts of one change told."""
        part = prepared.part
        result = join([results[host] for host in part.hosts])
        result.notes += prepared.notes
        for host in (*part.old_hosts, *_hosts_of(extra, each.job.change.renamed_from)):
            result.notes += results[host].notes
        return result

    def _cut_off(self, each: _Try, error: Exception) -> Outcome:
        """It was begun, and how it ended is not known: its intent stays for the next run."""
        known = error if isinstance(error, DeepcatError) else None
        failure = Failure(
            FailureKind.CLOUD,
            (known.code if known else "") or "deepcat/bug",
            known.message if known else f"{type(error).__name__}: {error}",
            (known.hint if known else "") or "run `deepcat apply` again to finish or undo it",
            self.cloud,
        )
        failures = (*each.failures, failure)
        run = self.setting.run
        state = each.job.before
        return Outcome(each.job, state, ok=False, failures=failures, run=run, is_known=False)

    def _renamed(self, each: _Try) -> Prepared | None:
        """What takes it down under its old name, where it ran there on this cloud."""
        job = each.job
        name, before = job.change.renamed_from, job.before
        if not name or (before is not None and not self.setting.is_here(before, each.shape)):
            return None
        return removal(self.setting, job, name)

    def _not_begun(self, each: _Try, error: DeepcatError) -> Outcome:
        """Nothing was changed: another run is at work, or the intent could not be written."""
        failure = Failure(FailureKind.CLOUD, error.code, error.message, error.hint, self.cloud)
        return Outcome(
            each.job,
            each.job.before,
            ok=False,
            failures=(*each.failures, failure),
            changed=False,
            begun=False,
            run=self.setting.run,
        )

    def _act(self, parts: list[plays.Part]) -> Mapping[str, HostResult]:
        if not parts:
            return {}
        book = plays.playbook(parts)
        deployments = {
            host: part.deployment for part in parts for host in (*part.hosts, *part.old_hosts)
        }
        folders = tuple(dict.fromkeys(each for part in parts for each in part.role_folders))
        ask = partial(failure_by_kind, self.ground.clouds[self.cloud])
        total, told = count(book, folders), Unreached(parts).told
        watcher = Watcher(self.cloud, deployments, total, self._watch, ask, told)
        hidden = {str(each): each for part in parts for each in part.references}.values()
        folder, secret = self.setting.folder, environment(hidden)
        with _asked(parts) as asked:
            ansible.write(folder, book, plays.inventory(parts, asked), hidden, folders)
            here = any(part.steps_here for part in parts)
            done = ansible.run(folder, watcher.take, self.is_stopped, secret, steps_here=here)
        if done.is_cancelled:
            raise DeepcatError(
                "the run was stopped",
                hint="give the same command again to finish it, or `deepcat destroy` to undo it",
                code=_STOPPED,
            )
        account_for(watcher.hosts, parts, done.rc, done.output, self.cloud)
        return watcher.hosts

    def _leave(self, each: _Try, result: HostResult) -> None:
        """Take down what ran on another cloud, now that the new one has proved itself."""
        before = each.job.before
        if result.failure or before is None or not before.cloud:
            return
        if self.setting.is_here(before, each.shape):
            return
        name, cloud = each.job.change.renamed_from or each.job.name, before.cloud
        call = _Call(cloud, self.ground, self.setting.run, 1, self.is_stopped)
        folder = self.setting.folder.with_name(f"{cloud}-left-by-{each.job.name}")
        call.setting = replace(call.setting, folder=folder)
        why: list[Failure] = []
        try:
            prepared = removal(call.setting, each.job, name)
            left = call._act([prepared.part])
            result.notes += prepared.notes
            for host in prepared.part.hosts:
                result.notes += left[host].notes
            why = [told for host in prepared.part.hosts if (told := left[host].failure)]
        except FailedError as error:
            why = [error.failure]
        finally:
            shutil.rmtree(folder / "files", ignore_errors=True)
        if call.machines.are_made:  # with it all goes that was there
            own = call.machines.unmake(name, before.shape)
            why = [own] if own else []
        result.left += why

    def _watch(self, event: Event) -> None:
        if event.kind == "start":
            self.ground.journal.step(event.deployment, event.step)
        self.ground.say(event)

    def _judge(
        self, each: _Try, result: HostResult, outcomes: list[Outcome], more: list[_Try]
    ) -> None:
        failures = (*each.failures, result.failure) if result.failure else each.failures
        if result.failure is not None:
            offer = each.offer
            apart = offer is not None and offer.shared and not offer.pool
            apart = apart and not is_here(self.ground.clouds[self.cloud])
            rest = remaining(each.rest, result.failure, self.cloud, each.shape, apart=apart)
            if rest:
                left = (*each.left, *result.left)
                goes = replace(each, offer=rest[0], rest=rest[1:], failures=failures, left=left)
                more.append(goes)
                return
        if result.log:
            (self.setting.folder / f"{each.job.name}.log").write_text(result.log, "utf-8")
        outcomes.append(self._written(self._outcome(each, result, failures)))

    def _written(self, outcome: Outcome) -> Outcome:
        """The outcome, once it is written down; else what was done is not known, and so not well.

        The intent stays then, so that the next run finishes it; the others go on meanwhile.
        """
        try:
            self.ground.journal.finish(outcome)
        except DeepcatError as error:
            failure = Failure(FailureKind.CLOUD, error.code, error.message, error.hint, self.cloud)
            failures = (*outcome.failures, failure)
            return replace(outcome, ok=False, failures=failures, is_known=False)
        return outcome

    def _reached(self, result: HostResult) -> dict[str, Any]:
        """What the host told, with its endpoints as a client reaches them."""
        found, cloud = result.found, self.ground.clouds[self.cloud]
        endpoints: Mapping[str, str] = {}
        try:
            with answering(cloud):
                endpoints = self.setting.kind.endpoint(cloud, found.get("endpoints", {}))
        except DeepcatError as error:  # it runs, and what runs is written down
            result.notes.append(f"how it is reached is not known: {error.message}")
        return {**found, "endpoints": dict(endpoints)}

    def _outcome(self, each: _Try, result: HostResult, failures: tuple[Failure, ...]) -> Outcome:
        job = each.job
        tried = self.states.get(job.name)
        state: State | None
        if result.failure is None:
            state = states.running(tried, self._reached(result)) if tried else None
        elif tried is not None:
            state = states.failed(job, tried, result.found)
        else:
            state = job.before
        passed = () if result.failure else failures
        ended = states.ended_badly(state) if state and result.failure is None else None
        told = [f"{each.cloud} was passed over ({each.kind}): {each.message}" for each in passed]
        told += map(str, result.found.get("told") or ())
        left = (*each.left, *result.left)
        told += [f"it may be left on {why.cloud}: {why.message}" for why in left]
        return Outcome(
            job=job,
            state=state,
            ok=result.failure is None and ended is None,
            samples=result.found.get("samples", {}),
            failures=failures if result.failure else (ended,) if ended else (),
            changed=result.changed or tried is None,
            seconds=time.monotonic() - each.started,
            run=self.setting.run,
            price_hour=taken(job, each.offer)[1],
            notes=(*job.notes, *dict.fromkeys(result.notes), *told),
            passed=passed,
            left=left,
        )


@contextmanager
def _asked(parts: Iterable[plays.Part]) -> Iterator[str]:
    """Where tasks ask for keys, or to ask a deployment as its reader will; empty where none does.

    What is answered there stands in no file, variable or argument.
    """
    named = {part.deployment: part for part in parts if _asks(part)}
    if not named:
        yield ""
        return

    def answer(question: Mapping[str, Any]) -> Mapping[str, Any]:
        part = named[question["deployment"]]
        if "step" in question and part.taker:
            return part.taker(question)
        if "stores" in question:
            return dict(part.stores)
        if "servers" in question and part.reader:
            return prove(part.reader, question["servers"])
        return part.keys.as_dict() if part.keys else {}

    with answered(answer) as path:
        yield path


def _asks(part: plays.Part) -> bool:
    return bool(part.reader or part.keys or part.taker or part.stores)


def _hosts_of(parts: Iterable[plays.Part], name: str) -> Iterator[str]:
    """The hosts of what is taken down under a name."""
    return (host for part in parts if part.deployment == name for host in part.hosts)


def summary(outcome: Outcome) -> dict[str, Any]:
    """An outcome as `outcome.json` and `apply --json` tell it."""
    return {
        "deployment": outcome.job.name,
        "action": outcome.job.change.action.value,
        "ok": outcome.ok,
        "changed": outcome.changed,
        "seconds": round(outcome.seconds, 3),
        "status": outcome.state.status.value if outcome.state else Status.GONE.value,
        "endpoints": dict(outcome.state.endpoints) if outcome.state else {},
        "private": list(outcome.state.private) if outcome.state else [],
        "samples": dict(outcome.samples),
        "failures": [failure.as_dict() for failure in outcome.failures],
        "notes": list(outcome.notes),
        "left": [failure.as_dict() for failure in outcome.left],
    }


def _write(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False, default=str) + "\n", "utf-8")
