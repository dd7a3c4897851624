"""The steps that a host can take: each from plain values to plain values, and safe to repeat.

Ansible calls `take`: inside its own process on a local connection, as a module elsewhere.
"""

from __future__ import annotations

import errno
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deepcat.host import archive
from deepcat.host.failure import StepError
from deepcat.host.machine import machine
from deepcat.host.model_server.prove import base_url, check_samples, tail, wait_available
from deepcat.host.model_server.rollout import Served
from deepcat.host.model_server.servers import Servers, Wanted
from deepcat.host.place import Place, locked, read_json

Values = Mapping[str, Any]
Result = dict[str, Any]
_LOCK = ".lock"
_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\Z")


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
    place = _place(values)
    with _held(place):
        state = place.state
        tagged = bool(place.owner)
        if not tagged:
            place.tag(read_json(Path(values["files"]) / "owner.json"))
        place.save(state | {"run": values["run"]})
    return {"changed": not tagged, "ansible_facts": {"deepcat_attributes": {}}}


def _model(values: Values) -> Result:
    """Fetch a model, hold it against its checksum, unpack it."""
    place, node = _place(values), values["node"]
    wanted = node["properties"]
    sha256 = wanted.get("sha256") or ""
    kind = wanted.get("format", "tensorflow-savedmodel")
    if kind != "tensorflow-savedmodel":
        hint = "give a tensorflow-savedmodel"
        raise StepError("module", "run/format", f"a model of format `{kind}` is not served", hint)
    folder = place.folder / "models" / _key(node["name"]) / sha256[:16]
    with _held(place):
        state = place.require(values["run"])
        changed = not folder.is_dir()
        if changed:
            folder.parent.mkdir(parents=True, exist_ok=True)
            packed = folder.with_name(f".{folder.name}.archive")
            archive.fetch(wanted["archive"], sha256, Path(values["files"]) / "module", packed)
            try:
                archive.unpack(packed, folder)
            finally:
                packed.unlink(missing_ok=True)
        served = Served(
            name=str(wanted["name"]),
            version=int(wanted.get("version") or 1),
            sha256=sha256,
            path=archive.saved_model(folder).relative_to(place.folder).as_posix(),
        )
        state.setdefault("models", {})[node["name"]] = asdict(served)
        place.save(state)
    return _with_attributes(values, {"directory": str(folder)}, changed)


def _server(values: Values) -> Result:
    """Bring up a server beside what runs."""
    place, node = _place(values), values["node"]
    wanted = node["properties"]
    with _held(place):
        state = place.require(values["run"])
        models = _models_of(node, state.get("models", {}))
        if len(models) == 1 and wanted.get("model_name"):
            models = [replace(models[0], name=wanted["model_name"])]
        server, changed = Servers(place).bring_up(
            Wanted(
                node=_key(node["name"]),
                models=tuple(models),
                address=values["address"],
                rest_port=int(wanted.get("rest_port") or 0),
                grpc_port=int(wanted.get("grpc_port") or 0),
                fixed_ports=tuple(values.get("fixed_ports") or ()),
            )
        )
    attributes = {
        "address": server.address,
        "rest_port": server.rest_port,
        "grpc_port": server.grpc_port,
        "rest_url": base_url(server),
        "grpc_url": f"{server.address}:{server.grpc_port}",
    }
    return _with_attributes(values, attributes, changed)


def _prove(values: Values) -> Result:
    """Wait until every server answers, and compare the answers to the module's samples."""
    place = _place(values)
    place.require(values["run"])
    servers = Servers(place)
    samples = json.loads((Path(values["files"]) / "samples.json").read_text())
    passed: list[str] = []
    unproven = list(servers.unproven())
    if len(unproven) < int(values.get("servers") or 0):
        hint = "run `deepcat destroy` for it, then `deepcat apply`"
        raise StepError("cloud", "run/gone", "its servers are not on this machine", hint)
    for server in unproven:
        try:
            wait_available(servers, server, float(values["timeout"]))
            passed += check_samples(server, samples)
        except StepError as error:
            return _failed(error) | {"log": tail(servers.log(server))}
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "changed": False,
        "deepcat": {"samples": {"passed": len(passed), "failed": 0, "at": at}},
    }


def _settle(values: Values) -> Result:
    """Let what was proved take over, and write the owner's tag anew."""
    place = _place(values)
    with _held(place):
        place.require(values["run"])
        servers = Servers(place)
        servers.settle(lambda each, server: wait_available(each, server, float(values["timeout"])))
        live = servers.live()
        endpoints: dict[str, str] = {}
        for node, server in sorted(live.items()):
            prefix = "" if len(live) == 1 else f"{node}-"
            endpoints[f"{prefix}rest"] = base_url(server)
            endpoints[f"{prefix}grpc"] = f"{server.address}:{server.grpc_port}"
        resources = {
            "machine": machine(),
            "place": str(place.folder),
            "programs": sorted(server.program for server in live.values()),
            "models": sorted({model.name for s in live.values() for model in s.models}),
            "logs": [str(servers.log(server)) for _, server in sorted(live.items())],
        }
        private = sorted(place.private)
        found = {"endpoints": endpoints, "private": private, "resources": resources}
        place.tag(read_json(Path(values["files"]) / "owner.json") | {"status": "running"} | found)
    return {"changed": True, "ansible_facts": {"deepcat_settled": True}, "deepcat": found}


def _abandon(values: Values) -> Result:
    """Take away what did not prove itself; leave what ran before, or nothing."""
    place = _place(values)
    with _held(place):
        place.require(values["run"])
        servers = Servers(place)
        servers.abandon()
        left = bool(servers.live())
    if not left:
        _delete(values)
    return {"changed": True, "ansible_facts": {"deepcat_failed": True}, "deepcat": {"left": left}}


def _require(values: Values) -> Result:
    """See that the place is still this run's."""
    _place(values).require(values["run"])
    return {"changed": False}


def _delete(values: Values) -> Result:
    """Take the deployment down and leave nothing."""
    place = _place(values)
    existed = place.folder.is_dir()
    with _held(place):
        Servers(place).end()
        place.remove()
    local = place.folder.parent
    with suppress(OSError):
        local.rmdir()
    return {"changed": existed}


_STEPS: dict[str, Callable[[Values], Result]] = {
    "begin": _begin,
    "model": _model,
    "server": _server,
    "prove": _prove,
    "settle": _settle,
    "require": _require,
    "abandon": _abandon,
    "delete": _delete,
}


def _place(values: Values) -> Place:
    return Place(Path(values["place"]))


def _held(place: Place) -> Any:
    return locked(place.folder / _LOCK)


def _key(name: str) -> str:
    """A node's name as a folder's."""
    return name if _KEY.match(name) else hashlib.sha256(name.encode()).hexdigest()[:16]


def _models_of(node: Values, known: Mapping[str, Values]) -> list[Served]:
    names = node.get("requirements", {}).get("model", sorted(known))
    missing = [name for name in names if name not in known]
    if missing or not names:
        why = f"`{node['name']}` serves {missing or 'no model'}, which was not fetched"
        raise StepError("module", "run/values", why, "give the server a `model` of type Model")
    return [Served(**known[name]) for name in names]


def _with_attributes(values: Values, attributes: Values, changed: bool) -> Result:
    known = {**values.get("attributes", {}), values["node"]["name"]: attributes}
    return {"changed": changed, "ansible_facts": {"deepcat_attributes": known}}


def _failed(error: StepError) -> Result:
    return {"failed": True, "msg": error.message, "deepcat_failure": error.as_dict()}
