"""What a host does for a model server: fetch models, bring it up, prove it, let it take over."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from deepcat.host import archive
from deepcat.host.failure import StepError
from deepcat.host.life import Found, Life, Result, Values, held, key, place_of, with_attributes
from deepcat.host.model_server import contents
from deepcat.host.model_server.about import keep_about, keep_proofs
from deepcat.host.model_server.keys import fingerprint, keys_of
from deepcat.host.model_server.options import options_of
from deepcat.host.model_server.prove import (
    base_url,
    check_samples,
    forms_told,
    grpc_target,
    proofs_told,
    wait_available,
)
from deepcat.host.model_server.rollout import Served, Server, node_of
from deepcat.host.model_server.servers import Servers
from deepcat.host.model_server.wanted import Wanted
from deepcat.host.place import Place, open_up, tail

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


def model(values: Values) -> Result:
    """Fetch a model, hold it against its checksum, unpack it."""
    place, node = place_of(values), values["node"]
    wanted = node["properties"]
    files = Path(values["files"]) / "module"
    # What comes with the module is bound by its commit.
    sha256 = _checksum(wanted) or archive.checksum(wanted["archive"], files)
    folder = place.folder / "models" / key(node["name"]) / sha256[:16]
    with held(place):
        state = place.require(values["run"])
        changed = not folder.is_dir() or bool(contents.altered(folder))
        if changed:
            # What serves a model that somebody altered serves it no longer, proved or not.
            Servers(place).stop(sha256)
            state = place.state
            shutil.rmtree(folder, ignore_errors=True)
            folder.parent.mkdir(parents=True, exist_ok=True)
            packed = folder.with_name(f".{folder.name}.archive")
            archive.fetch(wanted["archive"], sha256, files, packed)
            try:
                archive.unpack(packed, folder)
                open_up(folder.parents[1])
                contents.keep(folder)
            finally:
                packed.unlink(missing_ok=True)
        served = Served(
            name=str(wanted["name"]),
            version=int(wanted.get("version") or 1),
            sha256=sha256,
            path=archive.model_folder(folder).relative_to(place.folder).as_posix(),
        )
        state.setdefault("models", {})[node["name"]] = asdict(served)
        place.save(state)
    return with_attributes(values, {"directory": str(folder)}, changed)


def _cards(node: str, values: Values) -> dict[str, object]:
    """How many graphics cards a server has, of those that the run gives out by node."""
    given = values.get("cards")
    if not isinstance(given, dict):
        return {}
    return {"cards": given.get(node, 0), "devices": bool(given.get(node))}


def _checksum(wanted: Mapping[str, object]) -> str:
    """The checksum that a model shall have; it names a folder, whoever said it, and when."""
    sha256 = str(wanted.get("sha256") or "")
    if sha256 and not _SHA256.match(sha256):
        message = f"{sha256[:80]!r} is no checksum"
        raise StepError("module", "run/checksum", message, "write 64 hexadecimal digits")
    return sha256


def server(values: Values) -> Result:
    """Bring up a server beside what runs."""
    place, node = place_of(values), values["node"]
    wanted = node["properties"]
    with held(place):
        state = place.require(values["run"])
        keep_about(place, Path(values["files"]) / "about.json")
        models = _models_of(node, state.get("models", {}))
        if len(models) == 1 and wanted.get("model_name"):
            models = [replace(models[0], name=wanted["model_name"])]
        found, changed = _servers(place, values).bring_up(
            Wanted(
                node=key(node["name"]),
                models=tuple(models),
                address=values["address"],
                rest_port=int(wanted.get("rest_port") or 0),
                grpc_port=int(wanted.get("grpc_port") or 0),
                fixed_ports=tuple(values.get("fixed_ports") or ()),
                options=options_of(wanted, {**values, **_cards(node["name"], values)}),
            )
        )
    attributes = {
        "address": found.address,
        "rest_port": found.rest_port,
        "grpc_port": found.grpc_port,
        "rest_url": base_url(found),
        "grpc_url": grpc_target(found),
    }
    return with_attributes(values, attributes, changed)


def access(values: Values) -> Result:
    """Say anew whose keys count for what runs already."""
    place = place_of(values)
    with held(place):
        place.require(values["run"])
        return {"changed": _servers(place, values).let_in()}


def _servers(place: Place, values: Values) -> Servers:
    """The deployment's servers, which ask for the keys that the run has brought."""
    return Servers(place, keys_of(values.get("keys")))


def _prove(place: Place, values: Values) -> list[str]:
    """Wait until every server answers, and compare the answers to the module's samples."""
    servers = _servers(place, values)
    samples = json.loads((Path(values["files"]) / "samples.json").read_text())
    passed: list[str] = []
    unproven = list(servers.unproven())
    if len(unproven) < int(values.get("servers") or 0):
        hint = "run `deepcat destroy` for it, then `deepcat apply`"
        raise StepError("cloud", "run/gone", "its servers are not on this machine", hint)
    for each in unproven:
        try:
            located = wait_available(servers, each, float(values["timeout"]))
            passed += check_samples(located, samples, servers.keys)
        except StepError as error:
            error.log = tail(servers.log(each))
            raise
    with held(place):
        for each in unproven:
            told = proofs_told(tail(servers.log(each)), [model.name for model in each.models])
            keep_proofs(place, place.folder / each.folder, told)
        servers.face()
    return passed


def _listening(place: Place) -> list[Values]:
    """The servers that must prove themselves; one that has told no address is left out."""
    servers = Servers(place)
    found: list[Values] = []
    live = servers.live()
    for each, goal in servers.proving():
        located = servers.located(each)
        if located is None:
            continue
        listens = _addresses(located)
        final = _addresses(located if goal is None or servers.keeper.elsewhere else goal)
        if servers.front.is_wanted:
            final = servers.front.addresses(node_of(each))
            leads_there = live.get(node_of(each), each) == each
            listens = final if leads_there else listens
        models = [{"name": m.name, "version": m.version} for m in located.models]
        found.append({"models": models, "listens": listens, "final": final})
    return found


def _addresses(server: Server) -> dict[str, str]:
    return {"rest": base_url(server), "grpc": grpc_target(server)}


def _settle(place: Place, values: Values) -> Found:
    """Let what was proved take over."""
    servers = _servers(place, values)

    def wait(each: Servers, server: Server) -> None:
        wait_available(each, server, float(values["timeout"]))

    servers.settle(wait)
    live = {node: servers.located(each) or each for node, each in servers.live().items()}
    endpoints: dict[str, str] = {}
    for node, each in sorted(live.items()):
        prefix = "" if len(live) == 1 else f"{node}-"
        known = servers.front.addresses(node) if servers.front.is_wanted else _addresses(each)
        endpoints |= {f"{prefix}{name}": address for name, address in known.items()}
    resources = {
        "programs": sorted(each.program for each in live.values()),
        "models": sorted({served.name for each in live.values() for served in each.models}),
        "logs": [str(servers.log(each)) for _, each in sorted(live.items())],
    }
    if any(each.options.access.tls for each in live.values()):
        resources["certificate"] = [fingerprint(servers.keys.certificate)]
    if servers.front.is_wanted:
        resources["programs"].append(servers.front.program)
        resources["logs"].append(str(servers.front.log))
    if taken := sorted({uuid for each in live.values() for uuid in each.cards}):
        resources["cards"] = taken
    if forms := _forms(servers, live.values()):
        resources["forms"] = forms
    return Found(endpoints, resources, servers.marks())


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


def _told(place: Place) -> list[str]:
    """Which form of each model serves, where it has two, as the servers' own logs have it."""
    servers = Servers(place)
    return _forms(servers, servers.unproven())


def _forms(servers: Servers, each: Iterable[Server]) -> list[str]:
    return [
        line
        for server in each
        for line in forms_told(tail(servers.log(server)), [model.name for model in server.models])
    ]


LIFE = Life(
    {"model": model, "server": server, "access": access},
    _prove,
    _settle,
    _abandon,
    _end,
    _listening,
    told=_told,
)
