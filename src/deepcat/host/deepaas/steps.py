"""What a host does for an author's plug-in: bring it up, prove it, let it take over, end it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from deepcat.host.deepaas import package
from deepcat.host.deepaas.plugins import Plugins
from deepcat.host.deepaas.prove import check_samples, wait_answers
from deepcat.host.deepaas.values import Running, Wanted
from deepcat.host.failure import StepError
from deepcat.host.life import Found, Life, Result, Values, held, key, place_of, with_attributes
from deepcat.host.model_server.options import options_of
from deepcat.host.model_server.servers import Servers
from deepcat.host.place import Place, tail
from deepcat.host.proxy.values import host_of


def plugin(values: Values) -> Result:
    """Bring a plug-in up beside what runs."""
    place, node = place_of(values), values["node"]
    own = node.get("properties") or {}
    folder = _folder(values)
    servers = (node.get("requirements") or {}).get("server") or []
    if len(servers) != 1:
        why = f"`{node['name']}` has no model server to ask"
        raise StepError("module", "run/values", why, "give it one `server`")
    given = values.get("packages") or {}
    options = options_of({"environment": own.get("environment")}, values)
    wanted = Wanted(
        node=key(node["name"]),
        server=key(servers[0]),
        folder=folder,
        plugin=package.plugin_of(folder, str(own.get("model_name") or "")),
        address=values["address"],
        port=int(own.get("port") or 0),
        fixed=tuple(values.get("fixed_ports") or ()),
        environment=options.environment,
        memory_MiB=int(values.get("memory_MiB") or 0),
        unboxed=bool(values.get("unboxed")),
        brought=str(given.get("path") or ""),
        index=str(given.get("index") or ""),
    )
    with held(place):
        place.require(values["run"])
        found, changed = Plugins(place).bring_up(wanted)
    attributes = {"address": found.address, "port": found.final, "url": _url(found)}
    return with_attributes(values, attributes, changed)


def _folder(values: Values) -> Path:
    return Path(values["files"]) / "module" / package.FOLDER


def _prove(place: Place, values: Values) -> list[str]:
    """Wait until every plug-in answers, and compare the answers to the author's samples."""
    plugins = Plugins(place)
    plugins.lead()
    found = plugins.proving()
    wanted = {key(name) for name in values.get("plugins") or ()}
    if missing := sorted(wanted - set(found)):
        message = f"the plug-in `{missing[0]}` is not on this machine"
        hint = "run `deepcat destroy` for it, then `deepcat apply`"
        raise StepError("cloud", "run/gone", message, hint)
    samples = _samples(_folder(values)) if found else []
    passed: list[str] = []
    for each in found.values():
        try:
            wait_answers(plugins, each, float(values["timeout"]))
            passed += check_samples(each, samples, _folder(values))
        except StepError as error:
            error.log = tail(plugins.log(each))
            raise
    return passed


def _samples(folder: Path) -> list[dict[str, Any]]:
    path = folder / package.SAMPLES
    if not path.is_file():
        return []
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        message = f"`{package.FOLDER}/{package.SAMPLES}` cannot be read: {error}"
        raise StepError("module", "run/plugin", message, "correct it") from None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _turn(place: Place) -> None:
    """Let readers go over to what was proved."""
    plugins = Plugins(place)
    if not plugins.is_none:
        plugins.turn()


def _settle(place: Place, values: Values) -> Found:
    """Let what was proved take over."""
    plugins = Plugins(place)
    if plugins.is_none:
        return Found()
    plugins.keep({key(name) for name in values.get("plugins") or ()})
    plugins.settle()
    servers = Servers(place)
    servers.face()
    Plugins(place).sweep()  # anew, for the proxy has written down its ports
    front = servers.front
    live_ones = plugins.live()
    endpoints = {
        "deepaas" if len(live_ones) == 1 else f"{node}-deepaas": (
            front.addresses(node)["rest"] if front.is_wanted else _url(each)
        )
        for node, each in sorted(live_ones.items())
    }
    resources = {
        "programs": sorted(
            [*plugins.doors.programs, *(each.program for each in live_ones.values())]
        ),
        "logs": [str(plugins.log(each)) for _, each in sorted(live_ones.items())],
    }
    return Found(endpoints, resources) if live_ones else Found()


def _abandon(place: Place) -> bool:
    plugins = Plugins(place)
    if plugins.is_none:
        return False
    plugins.abandon()
    return bool(plugins.live())


def _end(place: Place) -> None:
    Plugins(place).end()


def _url(each: Running) -> str:
    return f"http://{host_of(each.address)}:{each.final}"


LIFE = Life({"plugin": plugin}, _prove, _settle, _abandon, _end, turn=_turn)
