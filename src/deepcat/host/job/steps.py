"""What a host does for a batch job: hand it over, see it begin, tell how it ended, end it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepcat.host.failure import StepError
from deepcat.host.job.end import HALTS, End, end_of, has_begun, on_tag
from deepcat.host.job.jobs import Jobs
from deepcat.host.job.wanted import wanted_of
from deepcat.host.life import Found, Life, Result, Values, held, key, place_of, with_attributes
from deepcat.host.place import Place, tail

_PAUSE_S, _SLOW_S = 0.05, 0.5
# So long a job is followed that only has to begin: most mistakes show at once.
_AT_FIRST_S = 1.0
HOSTS_FAULT = ("box", "engine", "mount")


def job(values: Values) -> Result:
    """Hand a job to who keeps it, unless the very same was."""
    place, node = place_of(values), values["node"]
    with held(place):
        place.require(values["run"])
        wanted = wanted_of(key(node["name"]), node, values)
        jobs = Jobs(place)
        changed = jobs.bring_up(wanted, Path(values["files"]) / "module")
        (mine,) = [each for each in jobs.unproven() if each["folder"].split("/")[1] == wanted.node]
    attributes = {
        "log": str(jobs.log(mine)),
        "directory": str(jobs.output(mine)),
    }
    return with_attributes(values, attributes, changed)


def space(values: Values) -> Result:
    """Tell those that ask of a space of Onedata; nothing is mounted, they do so themselves."""
    own = values["node"].get("properties") or {}
    providers = own.get("oneproviders") or []
    told = {"token": own.get("token") or "", "selected_provider": (*providers, "")[0]}
    return with_attributes(values, told, False)


def _prove(place: Place, values: Values) -> list[str]:
    """Wait until every job has begun, or has ended where that is said to be soon."""
    jobs = Jobs(place)
    to_end = values.get("proof") == "ended"
    for each in list(jobs.unproven()):
        _wait(jobs, each, float(values["timeout"]), to_end=to_end)
    return []


def _wait(jobs: Jobs, mine: Mapping[str, Any], timeout_s: float, *, to_end: bool) -> None:
    """Return once a job has begun and goes on, or has ended well, or a training in any way.

    Raises:
        StepError: it failed, is lost, or waits for what it will never be given.
    """
    folder = jobs.place.folder / mine["folder"]
    elsewhere = jobs.keeper.elsewhere
    deadline = time.monotonic() + timeout_s
    seen = 0.0
    while True:
        end = end_of(folder)
        if end is not None:
            # Of a training it is kept: it is told with why, and goes on from its checkpoint.
            is_told = jobs.is_training(mine) and end.why not in HOSTS_FAULT
            if end.exit_status and end.why not in HALTS and not is_told:
                raise _failed(jobs, mine, end)
            return
        if has_begun(folder):
            seen = seen or time.monotonic()
            if not to_end and time.monotonic() - seen >= _AT_FIRST_S:
                return
        now = time.monotonic()
        if now > deadline and not (elsewhere and not to_end):
            what = "ended" if has_begun(folder) else "begun"
            message, hint = f"the job has not {what} after {timeout_s:.0f} s", "allow more time"
            raise StepError("module", "run/timeout", message, hint)
        if elsewhere is None or now - seen >= _AT_FIRST_S:
            program = jobs.program(mine)
            if program is None or not program.is_up:
                if end_of(folder) is None:
                    raise _lost(
                        jobs,
                        mine,
                        program.reason if program else "",
                        program.kind if program else "",
                    )
            elif (
                elsewhere
                and not has_begun(folder)
                and not to_end
                and (program.reason or now > deadline)
            ):
                return  # its queue has it, and says what it waits for
        time.sleep(_SLOW_S if elsewhere else _PAUSE_S)


def failed(end: End) -> StepError:
    """Why a job ended badly: by its own fault, or where its host could not run it at all."""
    if end.why in HOSTS_FAULT:
        code, hint = f"run/{end.why}", "mend the host, or let the job run elsewhere"
        return StepError("cloud", code, f"this host cannot run the job: {end.detail}", hint)
    why = {"time": ", for its time was over", "memory": ", for want of memory"}.get(end.why, "")
    message = f"the job ended with status {end.exit_status}{why}"
    return StepError("module", "run/job", message, "see the log for what it said")


def _failed(jobs: Jobs, mine: Mapping[str, Any], end: End) -> StepError:
    error = failed(end)
    if end.why not in HOSTS_FAULT:
        error.log = tail(jobs.log(mine))
    return error


def _lost(jobs: Jobs, mine: Mapping[str, Any], reason: str, kind: str) -> StepError:
    message = f"the job was ended from outside{': ' if reason else ''}{reason}"
    error = StepError(kind or "cloud", "run/lost", message, "run `deepcat apply` to begin it anew")
    error.log = tail(jobs.log(mine))
    return error


def _settle(place: Place, values: Values) -> Found:
    """Let what has begun hold; what held before is ended."""
    del values
    jobs = Jobs(place)
    jobs.settle()
    live = [each for _, each in sorted(jobs.live().items())]
    if not live:
        return Found()
    resources: dict[str, Sequence[str]] = {
        "programs": sorted(each["program"] for each in live),
        "logs": [str(jobs.log(each)) for each in live],
        "outputs": [str(jobs.output(each)) for each in live],
    }
    if taken := sorted({uuid for each in live for uuid in each["cards"]}):
        resources["cards"] = taken
    return Found({}, resources)


def _abandon(place: Place) -> bool:
    jobs = Jobs(place)
    jobs.abandon()
    return bool(jobs.live())


def _end(place: Place) -> None:
    Jobs(place).end()


def _ended(place: Place) -> Mapping[str, Any] | None:
    end = Jobs(place).ended()
    return {"told": end.as_dict(), "tag": on_tag(end)} if end else None


LIFE = Life({"job": job, "space": space}, _prove, _settle, _abandon, _end, ended=_ended)
