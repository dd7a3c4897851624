"""The batch jobs of a deployment on a cluster: handed over once, followed, told how they ended.

What is noted of each node is as on a host: ``live``, the job that holds; ``candidate``, one that
has to show that it began; ``generation``, a counter. A job's name says its generation and its goal,
so that whoever hands it over a second time finds it there. It goes with the owner tag.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deepcat.clouds.kinds.kubernetes import (
    asked,
    claims,
    job_ends,
    job_wanted,
    mounted,
    queues,
    trained,
)
from deepcat.clouds.kinds.kubernetes.edge import Object
from deepcat.clouds.kinds.kubernetes.given import require_jobs
from deepcat.clouds.kinds.kubernetes.held import Held, read_state
from deepcat.clouds.kinds.kubernetes.logs import tails
from deepcat.clouds.kinds.kubernetes.looking import warnings
from deepcat.clouds.manifests.jobs import WORK, Batch, made_of
from deepcat.clouds.manifests.trainings import made_of as trainings_made_of
from deepcat.host.failure import StepError
from deepcat.host.job.end import End, on_tag, whole
from deepcat.host.job.jobs import goal_of
from deepcat.host.job.steps import HOSTS_FAULT, failed
from deepcat.host.job.wanted import Wanted, wanted_of
from deepcat.host.life import key

Values = Mapping[str, Any]
_KIND, _REPEATED = "Job", "CronJob"
_OF = "batch.kubernetes.io/job-name"
_LOOK_S, _AT_FIRST_S = 0.5, 1.0
_WAIT_S = 20.0
_LINES = 60
_LIES = re.compile(r"[0-9a-f]{16}(-[0-9]{1,9})?\Z")
_MARK = re.compile(r"[0-9]{1,9}(-[0-9a-f]{8})?\Z")


def bring_up(held: Held, values: Values) -> bool:
    """Hand a job over, unless the very same was; whether it was handed over now.

    Raises:
        StepError: a newer run has taken over, or this cloud cannot run it.
        RefusedError: the cluster does not take it.
    """
    state = require_own(held, held.require(str(values["run"])))
    node = str(values["node"]["name"])
    mine = dict((state.get("jobs") or {}).get(node) or {})
    wanted = wanted_of(key(node), values["node"], values)
    goal = goal_of(wanted, Path(str(values["files"]), "module"))
    number = int(mine.get("generation") or 0)
    which = _counts(held, mine, goal)
    if which and wanted.training is not None:
        which = "" if _held_anew(held, mine[which], wanted) else which
    if which and held.found(_kind(mine[which]), str(mine[which]["program"])):
        return False
    if wanted.halt:
        hint = "see `deepcat status`: it has ended, or was begun of something else"
        raise StepError("module", "run/halt", "nothing of this training runs there", hint)
    if not which:  # else who noted it was killed before it was made
        number += 1
    lies = _lies(mine, goal, number, wanted)
    batch = _let_in(held, job_wanted.batch(
        wanted, number, goal, values, held.cluster.own, held.catalog, lies,
    ))  # fmt: skip
    mounted.require(held.cluster, wanted)
    made = _made_of(batch)
    told = {
        **(_remembered(mine, goal, lies, which, wanted) if wanted.training else {}),
        **({"repeated": True} if batch.schedule else {}),
        "program": batch.what.name,
        "goal": goal,
        "objects": [[each["kind"], each["metadata"]["name"]] for each in made],
    }
    old = mine.get("candidate")
    mine |= {"candidate": told, "generation": number}
    jobs = {**(state.get("jobs") or {}), node: mine}
    beside = sorted({*state.get("beside", ()), _kind(told)})
    held.save({**state, "jobs": jobs, "beside": beside}, held.owner)
    if old and old["program"] != told["program"]:
        held.remove(_kind(old), str(old["program"]))
    if wanted.training is not None:
        _make_room(held, mine.get("live") or {})
    _make(held, replace(batch, owner=held.reference), made)
    return True


def _kind(job: Values) -> str:
    """Of the object that stands for a job, by what is noted of it."""
    return _REPEATED if job.get("repeated") else _KIND


def repeats(state: Values) -> bool:
    """Whether any of a deployment's jobs is run again and again. Pure."""
    noted = (state.get("jobs") or {}).values()
    return any(
        (mine.get(which) or {}).get("repeated") for mine in noted for which in ("live", "candidate")
    )


def _make_room(held: Held, before: Values) -> None:
    """Take away the training that has ended, whose pod still holds what a new one needs."""
    there = held.found(_KIND, str(before["program"])) if "checkpoints" in before else {}
    if there and job_ends.end_of(there, _pods(held, before)) is not None:
        held.remove(_KIND, str(before["program"]))


def _made_of(batch: Batch) -> list[Object]:
    return trainings_made_of(batch) if batch.training else made_of(batch)


def _lies(mine: Values, goal: str, number: int, wanted: Wanted) -> str:
    """Where a training's checkpoints lie on a claim: where they lay before, unless it is afresh."""
    if wanted.afresh:
        return f"{goal[:16]}-{number}"
    known = [mine[which] for which in ("candidate", "live") if mine.get(which)]
    lay = next((str(each.get("checkpoints") or "") for each in known if each["goal"] == goal), "")
    return lay if _LIES.match(lay) else goal[:16]


def _remembered(mine: Values, goal: str, lies: str, which: str, wanted: Wanted) -> dict[str, Any]:
    """What is noted of a training for the next attempt at it."""
    known = [mine[each] for each in ("candidate", "live") if mine.get(each)]
    last = next((int(each.get("attempt") or 1) for each in known if each["goal"] == goal), 0)
    return {"checkpoints": lies, "again": wanted.again, "attempt": max(1, last + (not which))}


def _held_anew(held: Held, job: Values, wanted: Wanted) -> bool:
    """Hold a training that runs to what is wished now; whether one that has ended begins anew."""
    there = held.found(_KIND, str(job["program"]))
    pods = _pods(held, job)
    if there and job_ends.end_of(there, pods) is not None:
        return wanted.again > int(job.get("again") or 0)
    up = [pod for pod in pods if job_ends.is_up(pod)]
    taken = bool(up) and asked.limit(held.cluster, up[-1], trained.limits(wanted))
    if wanted.halt and not taken:
        hint = "run the same command again"
        raise StepError("cloud", "run/halt", "what looks after it does not answer", hint)
    return False


def _counts(held: Held, mine: Values, goal: str) -> str:
    """Which of a node's jobs need not be handed over anew; empty for none.

    One that runs, or that ended well; of one that has to show that it began, nobody knows whether
    it was handed over, so that this is done again under the same name.
    """
    for which in ("candidate", "live"):
        job = mine.get(which)
        if not job or job.get("goal") != goal:
            continue
        there = held.found(_kind(job), str(job["program"]))
        end = job_ends.end_of(there, _pods(held, job)) if there else None
        if (there or which == "candidate") and (end is None or end.exit_status == 0):
            return which
    return ""


def _let_in(held: Held, batch: Batch) -> Batch:
    return replace(batch, what=queues.queued(held.cluster, batch.what))


def _make(held: Held, batch: Batch, made: Iterable[Object]) -> None:
    *given, job = made
    for each in given:
        held.apply(each)
    if batch.owner:
        job["metadata"]["ownerReferences"] = [dict(batch.owner)]
    there = held.create(job)
    if batch.what.card is not None:
        claims.claim(held.cluster, batch.what, there)


def previewed(held: Held, values: Values) -> tuple[list[Object], list[tuple[str, str]]]:
    """What would be made for a job, and what of it stays as it is.

    Raises:
        StepError: this cloud cannot run it.
        RefusedError: the cluster does not tell.
    """
    node = str(values["node"]["name"])
    mine = (require_own(held, held.state).get("jobs") or {}).get(node) or {}
    wanted = wanted_of(key(node), values["node"], values)
    goal = goal_of(wanted, Path(str(values["files"]), "module"))
    if which := _counts(held, mine, goal):
        return [], [(kind, name) for kind, name in mine[which]["objects"]]
    number = int(mine.get("generation") or 0) + 1
    batch = job_wanted.batch(wanted, number, goal, values, held.cluster.own, held.catalog)
    return _made_of(_let_in(held, batch)), []


def prove(held: Held, values: Values) -> None:
    """Wait until every job has begun, or has ended where that is said to be soon.

    Raises:
        StepError: one failed, is lost, or will not begin.
        RefusedError: the cluster does not tell.
    """
    for each in list(_unproven(require_own(held, held.state))):
        _wait(held, each, float(values["timeout"]), to_end=values.get("proof") == "ended")


def _wait(held: Held, mine: Values, timeout_s: float, *, to_end: bool) -> None:
    name, own = str(mine["program"]), held.cluster.own
    wait_s = float(own.get("wait") or _WAIT_S)
    until, begun = time.monotonic() + timeout_s, 0.0
    while True:
        job = held.found(_kind(mine), name)
        if job and mine.get("repeated"):
            return  # its time comes
        if not job:
            held.require_staying()
            hint = "run `deepcat apply` to begin it anew"
            raise StepError("cloud", "run/lost", "the job was ended from outside", hint)
        pods = _pods(held, mine)
        if end := job_ends.end_of(job, pods):
            # Of a training it is kept: it is told with why, and goes on from its checkpoint.
            if end.exit_status and ("checkpoints" not in mine or end.why in HOSTS_FAULT):
                raise _told(held, failed(end), pods)
            return
        now = time.monotonic()
        if job_ends.has_begun(pods):
            begun = begun or now
            if not to_end and now - begun >= _AT_FIRST_S:
                return
        elif job_ends.is_waiting(job):
            require_hope(held, job)
            if not to_end and now > until - timeout_s + wait_s:
                return  # its queue has it
        elif found := job_ends.trouble(pods, _events(held, name, pods), datetime.now(UTC), wait_s):
            raise _told(held, found.error(), pods)
        if now > until:
            require_begun(held, job, timeout_s)
            message = f"the job has not {'ended' if begun else 'begun'} after {timeout_s:.0f} s"
            raise StepError("module", "run/timeout", message, "allow more time")
        time.sleep(_LOOK_S)


def require_hope(held: Held, job: Object) -> None:
    """Raise StepError where its queue will never let a job in."""
    if found := queues.trouble(queues.words(held.cluster, job)):
        raise found.error()


def require_begun(held: Held, job: Object, timeout_s: float) -> None:
    """Raise StepError where a queue has kept a job for all of its time."""
    if job_ends.is_waiting(job):
        words = queues.words(held.cluster, job)
        message = f"its queue has not let it in after {timeout_s:.0f} s"
        hint = "allow more time, or wait until something else has gone"
        raise StepError("capacity", "run/queue", f"{message}: {words}" if words else message, hint)


def _events(held: Held, job: str, pods: list[Object]) -> tuple[Object, ...]:
    """What tells of trouble: of the job itself, as long as it has no pod."""
    if pods:
        return warnings(held.cluster)
    return warnings(held.cluster, f"involvedObject.kind=Job,involvedObject.name={job}")


def _told(held: Held, error: StepError, pods: list[Object]) -> StepError:
    error.log = "\n".join(tails(held.cluster, pods, _LINES))
    return error


def settled(state: Values) -> dict[str, Any]:
    """What is noted of jobs once what began holds. Pure."""
    return {
        node: {**_without(mine), **({"live": mine["candidate"]} if mine.get("candidate") else {})}
        for node, mine in (state.get("jobs") or {}).items()
    }


def abandoned(state: Values) -> dict[str, Any]:
    """What is noted of jobs once what did not begin as it should is taken away. Pure."""
    return {node: _without(mine) for node, mine in (state.get("jobs") or {}).items()}


def _without(mine: Values) -> dict[str, Any]:
    return {name: value for name, value in mine.items() if name != "candidate"}


def live(state: Values) -> list[Values]:
    """The jobs that hold. Pure."""
    jobs = state.get("jobs") or {}
    return [mine["live"] for _, mine in sorted(jobs.items()) if mine.get("live")]


def trainings(state: Values) -> dict[str, Values]:
    """Node -> the training of it that was begun last. Pure."""
    found = {}
    for node, mine in (state.get("jobs") or {}).items():
        job = mine.get("candidate") or mine.get("live")
        if job and "checkpoints" in job:
            found[str(node)] = job
    return found


def kept(state: Values) -> frozenset[tuple[str, str]]:
    """Kind and name of all that belongs to the jobs that hold. Pure."""
    return frozenset((kind, name) for each in live(state) for kind, name in each["objects"])


def ended(held: Held) -> End | None:
    """How the jobs that were begun last ended; None where one has not, or there are none.

    Raises:
        RefusedError: the cluster does not tell.
    """
    found: dict[str, End | None] = {}
    for each in _unproven(require_own(held, held.state)):
        job = held.found(_kind(each), str(each["program"]))
        found[str(each["program"])] = job_ends.end_of(job, _pods(held, each)) if job else None
    return whole(found)


def require_own(held: Held, state: dict[str, Any]) -> dict[str, Any]:
    """The state, unless it names a job that no run could have noted.

    It lies where others of the namespace may write.

    Raises:
        StepError: it does (``run/noted``).
    """
    require_jobs(held, state.get("jobs") or {}, _MARK)
    return state


def _unproven(state: Values) -> Iterator[Values]:
    for _, mine in sorted((state.get("jobs") or {}).items()):
        if job := mine.get("candidate") or mine.get("live"):
            yield job


def _pods(held: Held, job: Values) -> list[Object]:
    return held.pods(f"{_OF}={job['program']}")


def seen(
    tag: Values, jobs: Iterable[Values], pods: Iterable[Values]
) -> tuple[frozenset[str], dict[str, Any]]:
    """Those of a deployment's jobs that run, and what its owner tag then says of their end. Pure.

    Args:
        tag: the object that bears it.
        jobs: of the deployment.
        pods: of the deployment.
    """
    state = read_state(tag)
    by_job: dict[str, list[Values]] = {}
    for pod in pods:
        name = str((pod["metadata"].get("labels") or {}).get(_OF) or "")
        by_job.setdefault(name, []).append(pod)
    there = {str(each["metadata"]["name"]): each for each in jobs}
    ends = {name: job_ends.end_of(each, by_job.get(name, ())) for name, each in there.items()}
    up = frozenset(name for name, end in ends.items() if end is None)
    end = whole({str(each["program"]): ends.get(str(each["program"])) for each in live(state)})
    return up, on_tag(end) if end else {}


def result(values: Values, *, changed: bool) -> dict[str, Any]:
    """What the step gives: the job's attributes are facts from then on."""
    known = {**(values.get("attributes") or {}), values["node"]["name"]: {"directory": WORK}}
    return {"changed": changed, "ansible_facts": {"deepcat_attributes": known}}
