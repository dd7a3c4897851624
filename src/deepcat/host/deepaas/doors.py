"""The doors of a deployment's plug-ins: where readers call, whichever plug-in answers now."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from deepcat.host.deepaas import kept
from deepcat.host.deepaas.values import FOLDER, LOOPBACK, Running, door_of, program_of
from deepcat.host.failure import StepError
from deepcat.host.keeper import Keeper
from deepcat.host.place import Place, read_json, tail, write_json
from deepcat.host.python import words

_OPENS_S, _PAUSE_S = 20.0, 0.03


class Doors:
    """The doors of one deployment: a program for each node, which stays as plug-ins change.

    Args:
        place: the deployment's.
        keeper: of its programs.
        nodes: the state of its plug-ins, by node: ``doors`` has the names of those that stand open.
    """

    def __init__(self, place: Place, keeper: Keeper, nodes: Mapping[str, dict[str, Any]]) -> None:
        self._place = place
        self._keeper = keeper
        self._nodes = nodes

    def open(self, node: str, each: Running) -> None:
        """Let the door of a node lead to a plug-in; it is begun where it does not run.

        Raises:
            StepError: it does not open (``run/port``).
        """
        mine, name = self._nodes[node], door_of(each.final)
        mine["doors"] = sorted({*mine.get("doors", ()), name})
        self._place.save(self._place.state | {"plugins": dict(self._nodes)})
        program = program_of(self._place.name, node, name)
        folder = self._place.folder / FOLDER / node / name
        told = {"address": each.address, "port": each.final}
        write_json(folder / kept.TARGET, kept.led([(LOOPBACK, each.port)]))
        known = self._keeper.programs().get(program)
        if known and known.is_up and read_json(folder / kept.FILE) == told:
            return
        write_json(folder / kept.FILE, told)
        (folder / kept.OPEN).unlink(missing_ok=True)
        argv = [*words(), "-I", "-S", str(kept.KEEP), str(folder)]
        log = self._place.folder / "logs" / f"{program}.log"
        self._keeper.add(program, argv, log, self._place.owner)
        self._wait(program, folder / kept.OPEN, each, log)

    def _wait(self, program: str, stands_open: Path, each: Running, log: Path) -> None:
        until = time.monotonic() + _OPENS_S
        while not stands_open.exists():
            known = self._keeper.programs().get(program)
            if known is None or not known.is_up or time.monotonic() > until:
                message = f"nobody can be let in at port {each.final} of {each.address}"
                hint = "stop what uses it, or give the plug-in another port"
                error = StepError("capacity", "run/port", message, hint)
                error.log = tail(log)
                raise error
            time.sleep(_PAUSE_S)

    def only(self, node: str, each: Running) -> None:
        """Keep of a node's doors this plug-in's alone."""
        self._nodes[node]["doors"] = [door_of(each.final)]

    @property
    def programs(self) -> Collection[str]:
        """Those of the doors that stand open."""
        return {program_of(self._place.name, node, name) for node, name in self._open()}

    @property
    def folders(self) -> Collection[str]:
        """Theirs, in the deployment's."""
        return {f"{FOLDER}/{node}/{name}" for node, name in self._open()}

    def _open(self) -> list[tuple[str, str]]:
        return [
            (node, name) for node, mine in self._nodes.items() for name in mine.get("doors", ())
        ]
