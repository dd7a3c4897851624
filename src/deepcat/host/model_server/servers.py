"""Start, exchange and end the servers of one deployment on this host."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from deepcat.host import cards
from deepcat.host.failure import StepError
from deepcat.host.keeper import Keeper, Program, keeper_of
from deepcat.host.model_server import boxing, keys, listening, rollout, starting
from deepcat.host.model_server.keys import Keys
from deepcat.host.model_server.lying import clear, link
from deepcat.host.model_server.rollout import Server
from deepcat.host.model_server.serving import Serving, serving_of
from deepcat.host.model_server.wanted import Wanted
from deepcat.host.place import Place
from deepcat.host.ports import free_port
from deepcat.host.proxy.front import Front

# Waits until a server answers for its models; raises StepError when it will not.
Wait = Callable[["Servers", Server], None]


class Servers:
    """The servers of one deployment.

    The state that it keeps for each node: ``live``, the server that answers; ``candidate``, one
    that must prove itself; ``goal``, what the candidate stands for; ``generation``, a counter.

    Args:
        place: the deployment's.
        keys: that count from now on, where callers are asked for one.
    """

    def __init__(self, place: Place, keys: Keys | None = None) -> None:
        self.place = place
        self.keys = keys or Keys()
        self.state = place.state
        self.keeper: Keeper = keeper_of(place.folder.parent, self.state.get("keeper") or {})
        self.front = Front(place, self.keeper, self.state)
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
            self._give_keys(candidate)
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
        with self._with_cards(started, live) as ready:
            mine["candidate"] = ready.as_dict()
            self.place.save(self.state)
        self._give_keys(ready)
        self.start(ready)
        return goal, True

    def let_in(self) -> bool:
        """Let what runs already ask for these keys from now on; whether others count then."""
        others = {self._give_keys(server) for server in self.live().values()}  # each of them
        return True in others

    def _give_keys(self, server: Server) -> bool:
        if not server.options.access.reads:
            return False
        folder = self.place.folder
        return keys.write(folder, server.program, self.keys, boxing.box_of(folder))

    def marks(self) -> dict[str, str]:
        """Name -> what tells its key from another one, of the keys that count."""
        folder = self.place.folder
        found = [keys.marks(folder, each.program) for each in self.live().values()]
        return {name: mark for each in found for name, mark in each.items()}

    @contextmanager
    def _with_cards(self, server: Server, live: Server | None) -> Iterator[Server]:
        """The server with graphics cards of its own, which nobody else takes meanwhile."""
        wanted = server.options
        if not wanted.devices or not wanted.cards or self.keeper.elsewhere is not None:
            yield server
            return
        with cards.choosing(self.place.folder) as free:
            own = live.cards if live else ()
            yield replace(server, cards=free.take(wanted.cards, own, wanted.profile))

    def unproven(self) -> Iterator[Server]:
        """Of each node the server that must prove itself: the candidate, or what runs."""
        return (server for server, _ in self.proving())

    def proving(self) -> Iterator[tuple[Server, Server | None]]:
        """As `unproven`, each with what it stands for; None for what runs."""
        for mine in self._nodes.values():
            server = rollout.from_dict(mine.get("candidate") or mine.get("live"))
            if server is not None:
                yield server, rollout.from_dict(mine.get("goal"))

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
        self._forget_proof()
        self.sweep()

    def _forget_proof(self) -> None:
        folder = self.place.folder
        for server in self.live().values():
            keys.forget_proof(folder, server.program, boxing.box_of(folder))

    def face(self) -> None:
        """Let the proxy, where there shall be one, lead to what runs, or else to what is proved.

        Raises:
            StepError: it cannot.
        """
        candidates = {
            node: server
            for node, mine in self._nodes.items()
            if (server := rollout.from_dict(mine.get("candidate"))) is not None
        }
        self._lead({**candidates, **self.live()})

    def _lead(self, servers: Mapping[str, Server]) -> None:
        self.front.lead({node: server.ports for node, server in servers.items()})

    def stop(self, sha256: str) -> None:
        """Stop the servers of a model, by its archive's checksum, and forget them."""
        for mine in self._nodes.values():
            for which in ("live", "candidate"):
                server = rollout.from_dict(mine.get(which))
                if server and any(model.sha256 == sha256 for model in server.models):
                    self.keeper.remove(server.program)
                    mine.pop(which)
                    mine.pop("goal", None)
        self.place.save(self.state)

    def abandon(self) -> None:
        """Take away what did not prove itself; what ran before goes on."""
        for mine in self._nodes.values():
            mine.pop("candidate", None)
            mine.pop("goal", None)
        self._forget_proof()
        self.state["models"] = {}
        self.place.save(self.state)
        with suppress(StepError):  # it may be what failed: the proxy goes on as it did
            self._lead(self.live())
        self._clear()

    def end(self) -> None:
        """Stop everything."""
        self._nodes.clear()
        self.state["models"] = {}
        self._clear()  # nothing is written down: the disk may be full, and the place goes
        self.keeper.remove()

    def start(self, server: Server) -> None:
        """Start a server's program."""
        link(self.place, server)
        argv = starting.command(self.place, server, chooses=self.keeper.elsewhere is not None)
        self.keeper.add(server.program, argv, self.log(server), self.place.owner)

    def log(self, server: Server) -> Path:
        """Where a server's output goes."""
        return self.place.folder / "logs" / f"{server.program}.log"

    def program(self, server: Server) -> Program | None:
        """What the keeper knows of a server; None when it does not know it."""
        return self.keeper.programs().get(server.program)

    def located(self, server: Server) -> Server | None:
        """A server with where it listens; None when it has not chosen that yet."""
        if self.keeper.elsewhere is None:
            return server
        program = self.program(server)
        if program is None or program.listens is None:
            return None
        at = program.listens
        return replace(server, address=at.address, rest_port=at.rest, grpc_port=at.grpc)

    def sweep(self) -> None:
        """Stop and delete what the state does not name, and write the state down."""
        self.place.save(self.state)
        self._lead(self.live())  # before what it led to ends
        self._clear()

    def _clear(self) -> None:
        kept = [
            server
            for mine in self._nodes.values()
            for server in map(rollout.from_dict, (mine.get("live"), mine.get("candidate")))
            if server is not None
        ]
        named = {server.program for server in kept}
        if kept and self.front.is_wanted:
            named.add(self.front.program)
        # What has more than a node and a number is a job's; all else is a server's, or strange.
        is_own = re.compile(rf"{re.escape(self.place.name)}~[^~]+(~[^~]+)?\Z").match
        known = [program for program in self.keeper.names() if is_own(program)]
        if lost := [program for program in known if program not in named]:
            self.keeper.remove(*lost)
        self.keeper.end_loose(self.place.name)
        models = {model["path"] for model in self.state.get("models", {}).values()}
        clear(self.place, kept, named, models, is_own=lambda each: bool(is_own(each)))

    def _up(self, data: Mapping[str, Any] | None) -> Server | None:
        server = rollout.from_dict(data)
        program = self.program(server) if server else None
        return server if program is not None and program.is_up else None

    def _goal(self, wanted: Wanted, live: Server | None, candidate: Server | None) -> Server:
        held = live or candidate
        where = (wanted.address, wanted.rest_port, wanted.grpc_port)
        ports = (0, 0)
        if self.keeper.elsewhere is None:
            mine = held.ports if held and not rollout.is_trial(held) else (0, 0)
            ports = listening.choose(self.place, *where, wanted.fixed_ports, mine)
        models = rollout.number(wanted.models, live)
        goal = Server("", "", models, wanted.address, *ports)
        goal = replace(goal, options=wanted.options, serving=self._serving)
        goal = replace(goal, mode=rollout.mode(live, goal))
        is_fixed = {wanted.rest_port, wanted.grpc_port} & set(wanted.fixed_ports)
        if goal.mode == "restart" and self.front.is_wanted and not is_fixed:
            # Nobody but the proxy knows its ports, so that others do as well.
            rest, grpc = listening.choose(self.place, *where, wanted.fixed_ports, (0, 0))
            goal = replace(goal, rest_port=rest, grpc_port=grpc)
            goal = replace(goal, mode=rollout.mode(live, goal))
        return goal

    @property
    def _serving(self) -> Serving:
        """By what servers are started from now on."""
        return serving_of(self.state.get("serving") or {})

    def _candidate(self, node: str, generation: int, goal: Server) -> Server:
        program = f"{self.place.name}~{node}~{generation}"
        server = replace(goal, program=program, folder=f"servers/{node}/{generation}")
        if rollout.is_trial(goal) and self.keeper.elsewhere is None:
            rest = free_port(goal.address, goal.ports)
            grpc = free_port(goal.address, {*goal.ports, rest})
            return replace(server, rest_port=rest, grpc_port=grpc)
        return server

    def _take_over(
        self, live: Server | None, candidate: Server, goal: Server, wait: Wait
    ) -> Server:
        if live is None or not rollout.is_trial(goal):
            return candidate
        if goal.mode == "models":
            new = replace(live, models=goal.models)
            link(self.place, new, keep_others=True)
            wait(self, new)
            return new
        new = replace(goal, program=candidate.program, folder=candidate.folder)
        new = replace(new, cards=candidate.cards)
        self.keeper.remove(candidate.program, live.program)
        try:
            self.start(new)
            wait(self, new)
        except StepError:
            self.start(live)
            raise
        return new
