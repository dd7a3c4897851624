"""What a host does for a notebook: bring it up, see that it answers, end it and keep the work."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from deepcat.host.failure import StepError
from deepcat.host.life import Found, Life, Result, Values, held, key, place_of, with_attributes
from deepcat.host.model_server.options import options_of
from deepcat.host.notebook.notebooks import Notebooks
from deepcat.host.notebook.values import (
    Running,
    Wanted,
    idle_seconds,
    prefix_of,
)
from deepcat.host.place import Place, tail
from deepcat.host.proxy.values import host_of

_PAUSE_S = 0.1


def notebook(values: Values) -> Result:
    """Begin a notebook, unless the very same runs."""
    place, node = place_of(values), values["node"]
    own = node.get("properties") or {}
    files = Path(values["files"])
    options = options_of({"environment": own.get("environment")}, {})
    wanted = Wanted(
        node=key(node["name"]),
        lock=str(own.get("requirements") or ""),
        address=values["address"],
        port=int(own.get("port") or 0),
        fixed=tuple(values.get("fixed_ports") or ()),
        idle_s=idle_seconds(str(own.get("idle") or "off")),
        environment=options.environment,
        memory_MiB=int(values.get("memory_MiB") or 0),
        cards=int((values.get("cards") or {}).get(node["name"], 0)),
        part=str(values.get("card_part") or ""),
        connects=bool(values.get("connects")),
        unboxed=bool(values.get("unboxed")),
        environments=values.get("environments") or {},
    )
    with held(place):
        place.require(values["run"])
        found, changed = Notebooks(place).bring_up(wanted, files / "module")
    attributes = {"address": found.address, "port": found.port, "url": _url(place, found)}
    return with_attributes(values, attributes, changed)


def _prove(place: Place, values: Values) -> list[str]:
    """Wait until every notebook answers."""
    notebooks = Notebooks(place)
    for each in notebooks.live().values():
        _wait(notebooks, each, float(values["timeout"]))
    return []


def _wait(notebooks: Notebooks, each: Running, timeout_s: float) -> None:
    """Return once JupyterLab answers, or was stopped by whom it serves.

    Raises:
        StepError: it died, or the time is over.
    """
    deadline = time.monotonic() + timeout_s
    started = notebooks.program(each)
    while not (now := notebooks.now(each)).get("answers") and now.get("state") != "stopped":
        program = notebooks.program(each)
        died = program is None or not program.is_up
        if died or (started and program and started.pid and program.pid != started.pid):
            message = "JupyterLab ended as it began"
            error = StepError("cloud", "run/notebook", message, "see its log")
            error.log = tail(notebooks.log(each))
            raise error
        if time.monotonic() > deadline:
            message = f"JupyterLab did not answer after {timeout_s:.0f} s"
            error = StepError("cloud", "run/timeout", message, "allow more time")
            error.log = tail(notebooks.log(each))
            raise error
        time.sleep(_PAUSE_S)


def _settle(place: Place, values: Values) -> Found:
    """Let what answers hold."""
    del values
    notebooks = Notebooks(place)
    if notebooks.is_none:
        return Found()
    notebooks.sweep()
    live = sorted(notebooks.live().items())
    endpoints = {
        "notebook" if len(live) == 1 else f"{node}-notebook": _url(place, each)
        for node, each in live
    }
    resources: dict[str, Any] = {
        "programs": sorted(each.program for _, each in live),
        "logs": [str(notebooks.log(each)) for _, each in live],
        "work": [str(notebooks.kept(node)) for node, _ in live],
    }
    if taken := sorted({uuid for _, each in live for uuid in each.cards}):
        resources["cards"] = taken
    return Found(endpoints, resources) if live else Found()


def _abandon(place: Place) -> bool:
    notebooks = Notebooks(place)
    if notebooks.is_none:
        return False
    notebooks.abandon()
    return bool(notebooks.live())


def _end(place: Place) -> None:
    notebooks = Notebooks(place)
    if not notebooks.is_none:
        notebooks.end()


def _url(place: Place, each: Running) -> str:
    return f"http://{host_of(each.address)}:{each.port}{prefix_of(place.name)}"


LIFE = Life({"notebook": notebook}, _prove, _settle, _abandon, _end)
