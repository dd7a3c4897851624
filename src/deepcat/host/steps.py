"""The steps that a host can take: each from plain values to plain values, and safe to repeat.

Ansible calls `take`: inside its own process on a local connection, as a module elsewhere. What all
deployments share stands here; what one workload does stands in its own folder, as its `LIFE`.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deepcat.host.failure import StepError
from deepcat.host.life import Found, Life, Result, Step, Values, held, place_of
from deepcat.host.machine import machine
from deepcat.host.model_server.steps import LIFE as MODEL_SERVER
from deepcat.host.place import read_json

LIVES: tuple[Life, ...] = (MODEL_SERVER,)


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
        state = place.state
        tagged = bool(place.owner)
        if not tagged:
            place.tag(read_json(Path(values["files"]) / "owner.json"))
        place.save(state | {"run": values["run"]})
    return {"changed": not tagged, "ansible_facts": {"deepcat_attributes": {}}}


def _prove(values: Values) -> Result:
    """Wait until everything that was begun has shown that it works."""
    place = place_of(values)
    place.require(values["run"])
    passed = [name for life in LIVES for name in life.prove(place, values)]
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "changed": False,
        "deepcat": {"samples": {"passed": len(passed), "failed": 0, "at": at}},
    }


def _settle(values: Values) -> Result:
    """Let what was proved take over, and write the owner's tag anew."""
    place = place_of(values)
    with held(place):
        place.require(values["run"])
        told = [life.settle(place, values) for life in LIVES]
        resources = {"machine": machine(), "place": str(place.folder), **_joined(told)}
        found = {
            "endpoints": {name: at for each in told for name, at in each.endpoints.items()},
            "private": sorted(place.private),
            "resources": resources,
        }
        place.tag(read_json(Path(values["files"]) / "owner.json") | {"status": "running"} | found)
    return {"changed": True, "ansible_facts": {"deepcat_settled": True}, "deepcat": found}


def _abandon(values: Values) -> Result:
    """Take away what did not prove itself; leave what ran before, or nothing."""
    place = place_of(values)
    with held(place):
        place.require(values["run"])
        runs_on = [life.abandon(place) for life in LIVES]  # each is asked
    left = any(runs_on)
    if not left:
        _delete(values)
    return {"changed": True, "ansible_facts": {"deepcat_failed": True}, "deepcat": {"left": left}}


def _require(values: Values) -> Result:
    """See that the place is still this run's."""
    place_of(values).require(values["run"])
    return {"changed": False}


def _delete(values: Values) -> Result:
    """Take the deployment down and leave nothing."""
    place = place_of(values)
    existed = place.folder.is_dir()
    with held(place):
        for life in LIVES:
            life.end(place)
        place.remove()
    local = place.folder.parent
    with suppress(OSError):
        local.rmdir()
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
