"""What a host does for a notebook: bring it up, see that it answers, end it and keep the work."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from deepcat.host.failure import StepError
from deepcat.host.keeper import Program
from deepcat.host.life import Found, Life, Result, Values, held, key, place_of, with_attributes
from deepcat.host.model_server.options import options_of
from deepcat.host.notebook.notebooks import Notebooks
from deepcat.host.notebook.values import (
    JUPYTERLAB,
    Running,
    Wanted,
    idle_seconds,
    prefix_of,
)
from deepcat.host.place import Place, tail
from deepcat.host.proxy.values import host_of

_PAUSE_S, _SLOW_S = 0.1, 0.5


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
        editor=str(own.get("editor") or JUPYTERLAB),
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
    """Return once its editor answers, or was stopped by whom it serves.

    Raises:
        StepError: it died, or the time is over.
    """
    elsewhere = notebooks.keeper.elsewhere
    begun = time.monotonic()
    deadline = begun + timeout_s
    started = notebooks.program(each)
    while not (now := notebooks.now(each)).get("answers") and now.get("state") != "stopped":
        program = notebooks.program(each)
        if elsewhere and program and program.reason and program.is_up:
            _require_patience(program, time.monotonic() - begun, elsewhere.patience_s)
            deadline = time.monotonic() + timeout_s
        died = program is None or not program.is_up
        if died or (started and program and started.pid and program.pid != started.pid):
            why = f": {program.reason}" if program and program.reason else ""
            kind = (program.kind if program else "") or "cloud"
            message = f"{notebooks.title(each)} ended as it began{why}"
            error = StepError(kind, "run/notebook", message, "see its log")
            error.log = tail(notebooks.log(each))
            raise error
        if time.monotonic() > deadline:
            message = f"{notebooks.title(each)} did not answer after {timeout_s:.0f} s"
            error = StepError("cloud", "run/timeout", message, "allow more time")
            error.log = tail(notebooks.log(each))
            raise error
        time.sleep(_SLOW_S if elsewhere else _PAUSE_S)


def _require_patience(program: Program, waited_s: float, patience_s: float) -> None:
    """Raise StepError where a job has waited too long for its start (``run/waits``)."""
    if waited_s > patience_s:
        message = f"it has not started after {patience_s:.0f} s: {program.reason}"
        hint = "allow more time, or another cloud"
        raise StepError(program.kind or "capacity", "run/waits", message, hint)


def start(place: Path, timeout_s: float) -> None:
    """Start the notebooks of a deployment again that have left their machines.

    Args:
        place: its folder.
        timeout_s: in which each must answer, once it has a machine.

    Raises:
        StepError: one does not, or waits too long for one.
    """
    notebooks = Notebooks(Place(place))
    with held(notebooks.place):
        started = [notebooks.again(node) for node in notebooks.live()]
    for each in filter(None, started):
        _wait(notebooks, each, timeout_s)


def _settle(place: Place, values: Values) -> Found:
    """Let what answers hold."""
    del values
    notebooks = Notebooks(place)
    if notebooks.is_none:
        return Found()
    notebooks.sweep()
    live = sorted(notebooks.live().items())
    located = [(node, notebooks.located(node, each)) for node, each in live]
    endpoints = {
        "notebook" if len(live) == 1 else f"{node}-notebook": _url(place, each)
        for node, each in located
        if each is not None
    }
    place.save(notebooks.state)
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
