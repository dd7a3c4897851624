"""The steps that a host can take: each from plain values to plain values, and safe to repeat.

Ansible calls `take`: inside its own process on a local connection, as a module elsewhere. What all
deployments share stands here; what one workload does stands in its own folder, as its `LIFE`.
"""

from __future__ import annotations

import errno
import json
import secrets
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from deepcat.host.deepaas.steps import LIFE as PLUGIN
from deepcat.host.failure import StepError
from deepcat.host.job.steps import LIFE as JOB
from deepcat.host.life import Found, Life, Result, Step, Values, held, place_of
from deepcat.host.machine import machine
from deepcat.host.model_server.steps import LIFE as MODEL_SERVER
from deepcat.host.notebook.steps import LIFE as NOTEBOOK
from deepcat.host.place import Place, read_json

# Files that a run brought along lie in a folder of the place that begins so.
RUN = ".run-"

LIVES: tuple[Life, ...] = (MODEL_SERVER, JOB, PLUGIN, NOTEBOOK)


def take(values: Values) -> Result:
    """Take the step that `values["step"]` names.

    Returns:
        Ansible's result: {"changed", …}, or {"failed", "msg", "deepcat_failure"}.
    """
    try:
        # Ansible's own kinds of text and number become plain ones.
        plain = json.loads(json.dumps(dict(values)))
        return _STEPS[plain["step"]](plain)
    except StepError as error:
        return _failed(error)
    except (KeyError, TypeError, ValueError) as error:
        why = f"a value cannot be used: {type(error).__name__}: {error}"
        return _failed(StepError("module", "run/values", why, "correct the topology's properties"))
    except OSError as error:
        kind = {errno.ENOSPC: "capacity", errno.EDQUOT: "quota"}.get(error.errno or 0, "cloud")
        return _failed(StepError(kind, "run/host", f"the host says: {error}", "mend the host"))


def _begin(values: Values) -> Result:
    """Take the place for this run, and put the owner's tag on it."""
    place = place_of(values)
    with held(place):
        state, owner = place.state, _wanted(values)
        tagged = bool(place.owner)
        _clear(place, but=str(values["files"]))
        if not tagged:
            place.tag(owner)
        own = {"run": values["run"], "owner": owner, "id": state.get("id") or secrets.token_hex(8)}
        place.save({**state, **own, **_kept(state, values)})
    return {
        "changed": not tagged,
        "ansible_facts": {"deepcat_attributes": {}, "deepcat_begun": True},
    }


def _wanted(values: Values) -> dict[str, Any]:
    """The owner tag that the run has brought.

    Raises:
        StepError: it is not there, so that nobody would know whose this is (``run/host``).
    """
    owner = read_json(Path(values["files"]) / "owner.json")
    if not owner:
        message = f"the owner tag of `{place_of(values).name}` did not arrive on the host"
        raise StepError("cloud", "run/host", message, "run the same command again")
    return owner


def _identity(place: Place, values: Values) -> str:
    """What tells the machine where the place is from every other one.

    Of a cloud's host that is not what it says of itself, for machines that were made from one image
    say the same.
    """
    if not values.get("cloud"):
        return machine()
    return f"{values['cloud']}/{values.get('host') or ''}/{place.state.get('id') or ''}"


def _clear(place: Place, but: str = "") -> None:
    """Take away the files of this run, and of others that were cut off, where they came along."""
    for folder in place.folder.glob(f"{RUN}*"):
        if str(folder) != but and folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)


def _kept(state: Values, values: Values) -> dict[str, Any]:
    """Who keeps the place's programs from now on, what starts them, what shall stand before them.

    Who keeps what runs already goes on doing so, be it by newer settings.
    """
    how, before = values.get("keeper") or {}, state.get("keeper") or {}
    runs = any(state.get(kind) for kind in ("servers", "jobs", "notebooks"))
    goes_on = runs and how.get("module") != before.get("module")
    return {
        "keeper": before if goes_on else how,
        "serving": values.get("serving") or {},
        "proxy": values.get("proxy") or {},
    }


def _prove(values: Values) -> Result:
    """Wait until everything that was begun has shown that it works."""
    place = place_of(values)
    place.require(values["run"])
    passed = [name for life in LIVES for name in life.prove(place, values)]
    at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    servers = [each for life in LIVES for each in life.listening(place)]
    return {
        "changed": False,
        "ansible_facts": {"deepcat_listening": servers},
        "deepcat": {
            "samples": {"passed": len(passed), "failed": 0, "at": at},
            "told": [line for life in LIVES for line in life.told(place)],
        },
    }


def _settle(values: Values) -> Result:
    """Let what was proved take over, and write the owner's tag anew."""
    place = place_of(values)
    with held(place):
        place.require(values["run"])
        for life in LIVES:
            life.turn(place)
        told = [life.settle(place, values) for life in LIVES]
        at = {"machine": _identity(place, values), "place": str(place.folder)}
        resources = {**at, **_joined(told)}
        found = {
            "endpoints": {name: at for each in told for name, at in each.endpoints.items()},
            "private": sorted(place.private),
            "resources": resources,
        }
        end = _ended(place) if place.state["owner"].get("is_job") else None
        owner = {**place.state["owner"], "status": "running", **found}
        owner["keys"] = {name: mark for each in told for name, mark in each.keys.items()}
        place.tag({**owner, **(end["tag"] if end else {})})
        found |= {"ended": end["told"]} if end else {}
        _clear(place)
    return {"changed": True, "ansible_facts": {"deepcat_settled": True}, "deepcat": found}


def _abandon(values: Values) -> Result:
    """Take away what did not prove itself; leave what ran before, or nothing."""
    place, failed = place_of(values), {"deepcat_failed": True}
    if not values.get("begun", True):  # what ran before is not this run's to touch
        _clear(place)
        if not place.is_begun:
            place.remove()
            _leave_empty(place.folder.parent)
        return {"changed": True, "ansible_facts": failed}
    with held(place):
        place.require(values["run"])
        end = _ended(place)
        runs_on = [life.abandon(place) for life in LIVES]  # each is asked
        _clear(place)
    left = any(runs_on)
    if not left:
        _delete(values)
    found = {"left": left} | ({"ended": end["told"]} if end else {})
    return {"changed": True, "ansible_facts": failed, "deepcat": found}


def _leave_empty(folder: Path) -> None:
    """Take a folder away that nothing lies in."""
    with suppress(OSError):
        folder.rmdir()


def _ended(place: Place) -> Mapping[str, Values] | None:
    """How what was begun ended by itself; None where it has not."""
    return next((end for life in LIVES if (end := life.ended(place))), None)


def _require(values: Values) -> Result:
    """See that the place is still this run's."""
    place_of(values).require(values["run"])
    return {"changed": False}


def _delete(values: Values) -> Result:
    """Take the deployment down and leave nothing."""
    place = place_of(values)
    existed = place.folder.is_dir()
    with held(place):
        how = values.get("keeper")
        if how and not place.state.get("keeper"):  # deleted by hand
            place.save({**place.state, "keeper": how})
        for life in LIVES:
            life.end(place)
        place.remove()
    _leave_empty(place.folder.parent)
    return {"changed": existed}


_STEPS: dict[str, Step] = {
    "begin": _begin,
    "prove": _prove,
    "settle": _settle,
    "require": _require,
    "abandon": _abandon,
    "delete": _delete,
} | {name: step for life in LIVES for name, step in life.steps.items()}


def _joined(told: Iterable[Found]) -> dict[str, Any]:
    """The resources of all workloads, name by name."""
    joined: dict[str, list[str]] = {}
    for found in told:
        for name, identifiers in found.resources.items():
            joined.setdefault(name, []).extend(identifiers)
    return joined


def _failed(error: StepError) -> Result:
    log = {"log": error.log} if error.log else {}
    return {"failed": True, "msg": error.message, "deepcat_failure": error.as_dict()} | log
