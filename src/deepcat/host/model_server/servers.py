"""Start, exchange and end the servers of one deployment on this host."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deepcat.host.failure import StepError
from deepcat.host.model_server import rollout
from deepcat.host.model_server.options import PLAIN, Options
from deepcat.host.model_server.rollout import Served, Server
from deepcat.host.place import Place, places
from deepcat.host.supervisor import Program, Supervisor, free_port

_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\Z")
_POLL_S = "0.5"

# Waits until a server answers for its models; raises StepError when it will not.
Wait = Callable[["Servers", Server], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a server node asks for.

    Attributes:
        node: its name, fit for a folder's.
        models: to be served.
        address: to listen on.
        rest_port: 0 for any.
        grpc_port: 0 for any.
        fixed_ports: ports that the wish itself names, so that no other will do.
        options: how it shall run.
    """

    node: str
    models: tuple[Served, ...]
    address: str
    rest_port: int
    grpc_port: int
    fixed_ports: tuple[int, ...]
    options: Options = PLAIN

    def require_names(self) -> None:
        """Raise StepError unless the names can be paths and options."""
        for model in self.models:
            if not _MODEL.match(model.name):
                hint = "use letters, digits, `-`, `_` and `.`"
                message = f"{model.name!r} cannot be a model's name"
                raise StepError("module", "run/name", message, hint)


class Servers:
    """The servers of one deployment.

    The state that it keeps for each node: ``live``, the server that answers; ``candidate``, one
    that must prove itself; ``goal``, what the candidate stands for; ``generation``, a counter.

    Args:
        place: the deployment's.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.supervisor = Supervisor(place.folder.parent)
        self.state = place.state
        self._nodes: dict[str, dict[str, Any]] = self.state.setdefault("servers", {})

    def bring_up(self, wanted: Wanted) -> tuple[Server, bool]:
        """Bring up what is wanted beside what runs, unless it runs already.

        Returns:
            The server that will answer in the end, and whether anything was started.

        Raises:
            StepError: a name or a port cannot be used, or the supervisor fails.
        """
        wanted.require_names()
        mine = self._nodes.setdefault(wanted.node, {})
        live = self._up(mine.get("live"))
        candidate = self._up(mine.get("candidate"))
        goal = self._goal(wanted, live, candidate)
        if candidate and rollout.from_dict(mine.get("goal")) == goal:
            return goal, False
        mine.pop("candidate", None)
        mine.pop("goal", None)
        if live is None:
            mine.pop("live", None)
        self.sweep()
        if goal.mode == "same":
            return goal, False
        mine["generation"] = int(mine.get("generation", 0)) + 1
        mine["goal"] = goal.as_dict()
        started = self._candidate(wanted.node, mine["generation"], goal)
        mine["candidate"] = started.as_dict()
        self.place.save(self.state)
        self.start(started)
        return goal, True

    def unproven(self) -> Iterator[Server]:
        """Of each node the server that must prove itself: the candidate, or what runs."""
        for mine in self._nodes.values():
            server = rollout.from_dict(mine.get("candidate") or mine.get("live"))
            if server is not None:
                yield server

    def live(self) -> dict[str, Server]:
        """Node -> the server that answers."""
        found = {node: rollout.from_dict(mine.get("live")) for node, mine in self._nodes.items()}
        return {node: server for node, server in found.items() if server is not None}

    def settle(self, wait: Wait) -> None:
        """Let the candidates, which have proved themselves, take over.

        Raises:
            StepError: a server does not answer under its final ports; what ran before runs again.
        """
        for mine in self._nodes.values():
            candidate = rollout.from_dict(mine.get("candidate"))
            goal = rollout.from_dict(mine.get("goal"))
            if candidate and goal:
                live = rollout.from_dict(mine.get("live"))
                mine["live"] = self._take_over(live, candidate, goal, wait).as_dict()
                mine.pop("candidate")
                mine.pop("goal")
                self.place.save(self.state)
        self.sweep()

    def abandon(self) -> None:
        """Take away what did not prove itself; what ran before goes on."""
        for mine in self._nodes.values():
            mine.pop("candidate", None)
            mine.pop("goal", None)
        self.state["models"] = {}
        self.sweep()

    def end(self) -> None:
        """Stop everything."""
        self._nodes.clear()
        self.state["models"] = {}
        self.sweep()
        self.supervisor.remove()

    def start(self, server: Server) -> None:
        """Start a server's program."""
        self._link(server)
        folder = self.place.folder / server.folder
        argv = [sys.executable, "-m", "deepcat", "serve", "--host", server.address]
        argv += ["--rest-port", str(server.rest_port), "--grpc-port", str(server.grpc_port)]
        argv += ["--poll-seconds", _POLL_S]
        for model in server.models:
            argv += ["--model", f"{model.name}={folder / model.name}"]
        argv += server.options.arguments(folder)
        self.supervisor.add(server.program, server.options.around(folder, argv), self.log(server))

    def log(self, server: Server) -> Path:
        """Where a server's output goes."""
        return self.place.folder / "logs" / f"{server.program}.log"

    def program(self, server: Server) -> Program | None:
        """What the supervisor knows of a server; None when it does not know it."""
        return self.supervisor.programs().get(server.program)

    def sweep(self) -> None:
        """Stop and delete what the state does not name, and write the state down."""
        self.place.save(self.state)
        kept = [
            server
            for mine in self._nodes.values()
            for server in map(rollout.from_dict, (mine.get("live"), mine.get("candidate")))
            if server is not None
        ]
        named = {server.program for server in kept}
        known = [p for p in self.supervisor.programs() if p.startswith(f"{self.place.name}~")]
        if lost := [program for program in known if program not in named]:
            self.supervisor.remove(*lost)
        _only(self.place.folder / "servers", {server.folder.split("/", 1)[1] for server in kept})
        for log in (self.place.folder / "logs").glob("*.log*"):
            if log.name.partition(".log")[0] not in named:
                log.unlink(missing_ok=True)
        models = {model.path for server in kept for model in server.models}
        models |= {model["path"] for model in self.state.get("models", {}).values()}
        _only(self.place.folder / "models", {"/".join(path.split("/")[1:3]) for path in models})
        for server in kept:
            self._link(server)

    def _up(self, data: Mapping[str, Any] | None) -> Server | None:
        server = rollout.from_dict(data)
        program = self.program(server) if server else None
        return server if program is not None and program.is_up else None

    def _goal(self, wanted: Wanted, live: Server | None, candidate: Server | None) -> Server:
        _require_address(wanted.address)
        held = live or candidate
        taken = _ports_of_others(self.place)
        ports = []
        for index, port in enumerate((wanted.rest_port, wanted.grpc_port)):

            def is_free(number: int, taken: frozenset[int] = taken) -> bool:
                return number not in taken and _is_free(wanted.address, number)

            mine = held.ports[index] if held and not rollout.is_trial(held) else 0
            found = rollout.port(port, wanted.fixed_ports, mine, is_free)
            if found is None:
                raise StepError(
                    "capacity",
                    "run/port",
                    f"port {port} of {wanted.address} is taken",
                    "stop what uses it, or give the deployment another port, or 0 for a free one",
                )
            ports.append(found or free_port(wanted.address))
        models = rollout.number(wanted.models, live)
        goal = Server("", "", models, wanted.address, ports[0], ports[1])
        goal = replace(goal, options=wanted.options)
        return replace(goal, mode=rollout.mode(live, goal))

    def _candidate(self, node: str, generation: int, goal: Server) -> Server:
        program = f"{self.place.name}~{node}~{generation}"
        server = replace(goal, program=program, folder=f"servers/{node}/{generation}")
        if rollout.is_trial(goal):
            rest, grpc = free_port(goal.address), free_port(goal.address)
            return replace(server, rest_port=rest, grpc_port=grpc)
        return server

    def _take_over(
        self, live: Server | None, candidate: Server, goal: Server, wait: Wait
    ) -> Server:
        if live is None or not rollout.is_trial(goal):
            return candidate
        if goal.mode == "models":
            new = replace(live, models=goal.models)
            self._link(new, keep_others=True)
            wait(self, new)
            return new
        new = replace(goal, program=candidate.program, folder=candidate.folder)
        self.supervisor.remove(candidate.program, live.program)
        try:
            self.start(new)
            wait(self, new)
        except StepError:
            self.start(live)
            raise
        return new

    def _link(self, server: Server, *, keep_others: bool = False) -> None:
        """Give the server a folder of versions for each model, made of links."""
        for model in server.models:
            folder = self.place.folder / server.folder / model.name
            folder.mkdir(parents=True, exist_ok=True)
            link = folder / str(model.version)
            target = os.path.relpath(self.place.folder / model.path, folder)
            if not link.is_symlink() or str(link.readlink()) != target:
                link.unlink(missing_ok=True)
                link.symlink_to(target, target_is_directory=True)
            for other in () if keep_others else folder.iterdir():
                if other.name != link.name:
                    other.unlink()


def _require_address(address: str) -> None:
    """Raise StepError unless this machine has the address."""
    try:
        free_port(address)
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            hint = "correct the cloud's `address`, or run this on the machine that has it"
            message = f"this machine does not have the address {address}"
            raise StepError("cloud", "run/address", message, hint) from None


def _is_free(address: str, port: int) -> bool:
    try:
        free_port(address, port)
    except (OSError, OverflowError):
        return False
    return True


def _ports_of_others(place: Place) -> frozenset[int]:
    """Ports that other deployments of this catalog have, whether they listen yet or not."""
    others = (other for other in places(place.folder.parent) if other.folder != place.folder)
    servers = (
        rollout.from_dict(mine.get(which))
        for other in others
        for mine in other.state.get("servers", {}).values()
        for which in ("live", "candidate", "goal")
    )
    return frozenset(port for server in servers if server for port in server.ports)


def _only(folder: Path, kept: set[str]) -> None:
    """Delete every `a/b` below a folder that is not named, and each `a` that is then empty."""
    for entry in folder.glob("*/*"):
        if entry.relative_to(folder).as_posix() not in kept:
            shutil.rmtree(entry, ignore_errors=True)
    for entry in folder.glob("*"):
        with suppress(OSError):
            entry.rmdir()
