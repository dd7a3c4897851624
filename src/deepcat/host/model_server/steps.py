"""What a host does for a model server: fetch models, bring it up, prove it, let it take over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from deepcat.host import archive
from deepcat.host.failure import StepError
from deepcat.host.life import Found, Life, Result, Values, held, key, place_of, with_attributes
from deepcat.host.model_server.options import options_of
from deepcat.host.model_server.prove import base_url, check_samples, tail, wait_available
from deepcat.host.model_server.rollout import Served
from deepcat.host.model_server.servers import Servers, Wanted
from deepcat.host.place import Place


def model(values: Values) -> Result:
    """Fetch a model, hold it against its checksum, unpack it."""
    place, node = place_of(values), values["node"]
    wanted = node["properties"]
    sha256 = wanted.get("sha256") or ""
    folder = place.folder / "models" / key(node["name"]) / sha256[:16]
    with held(place):
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
    return with_attributes(values, {"directory": str(folder)}, changed)


def server(values: Values) -> Result:
    """Bring up a server beside what runs."""
    place, node = place_of(values), values["node"]
    wanted = node["properties"]
    with held(place):
        state = place.require(values["run"])
        models = _models_of(node, state.get("models", {}))
        if len(models) == 1 and wanted.get("model_name"):
            models = [replace(models[0], name=wanted["model_name"])]
        found, changed = Servers(place).bring_up(
            Wanted(
                node=key(node["name"]),
                models=tuple(models),
                address=values["address"],
                rest_port=int(wanted.get("rest_port") or 0),
                grpc_port=int(wanted.get("grpc_port") or 0),
                fixed_ports=tuple(values.get("fixed_ports") or ()),
                options=options_of(wanted),
            )
        )
    attributes = {
        "address": found.address,
        "rest_port": found.rest_port,
        "grpc_port": found.grpc_port,
        "rest_url": base_url(found),
        "grpc_url": f"{found.address}:{found.grpc_port}",
    }
    return with_attributes(values, attributes, changed)


def _prove(place: Place, values: Values) -> list[str]:
    """Wait until every server answers, and compare the answers to the module's samples."""
    servers = Servers(place)
    samples = json.loads((Path(values["files"]) / "samples.json").read_text())
    passed: list[str] = []
    unproven = list(servers.unproven())
    if len(unproven) < int(values.get("servers") or 0):
        hint = "run `deepcat destroy` for it, then `deepcat apply`"
        raise StepError("cloud", "run/gone", "its servers are not on this machine", hint)
    for each in unproven:
        try:
            wait_available(servers, each, float(values["timeout"]))
            passed += check_samples(each, samples)
        except StepError as error:
            error.log = tail(servers.log(each))
            raise
    return passed


def _settle(place: Place, values: Values) -> Found:
    """Let what was proved take over."""
    servers = Servers(place)
    servers.settle(lambda each, server: wait_available(each, server, float(values["timeout"])))
    live = servers.live()
    endpoints: dict[str, str] = {}
    for node, each in sorted(live.items()):
        prefix = "" if len(live) == 1 else f"{node}-"
        endpoints[f"{prefix}rest"] = base_url(each)
        endpoints[f"{prefix}grpc"] = f"{each.address}:{each.grpc_port}"
    resources = {
        "programs": sorted(each.program for each in live.values()),
        "models": sorted({served.name for each in live.values() for served in each.models}),
        "logs": [str(servers.log(each)) for _, each in sorted(live.items())],
    }
    return Found(endpoints, resources)


def _abandon(place: Place) -> bool:
    """Take away what did not prove itself; what ran before goes on."""
    servers = Servers(place)
    servers.abandon()
    return bool(servers.live())


def _end(place: Place) -> None:
    Servers(place).end()


def _models_of(node: Values, known: Mapping[str, Values]) -> list[Served]:
    names = node.get("requirements", {}).get("model", sorted(known))
    missing = [name for name in names if name not in known]
    if missing or not names:
        why = f"`{node['name']}` serves {missing or 'no model'}, which was not fetched"
        raise StepError("module", "run/values", why, "give the server a `model` of type Model")
    return [Served(**known[name]) for name in names]


LIFE = Life({"model": model, "server": server}, _prove, _settle, _abandon, _end)
