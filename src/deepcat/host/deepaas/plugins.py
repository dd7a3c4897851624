"""Begin, follow, switch and end the plug-ins of one deployment on this host."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deepcat.host import ports
from deepcat.host.box.argv import boxed, write
from deepcat.host.box.grant import Grant
from deepcat.host.box.landlock import OF_PORTS
from deepcat.host.box.layers import available, lacking
from deepcat.host.box.needs import of_python
from deepcat.host.deepaas import kept, package
from deepcat.host.deepaas.doors import Doors
from deepcat.host.deepaas.values import (
    FOLDER,
    LOOPBACK,
    SUFFIX,
    Running,
    Wanted,
    held,
    program_of,
    running,
)
from deepcat.host.environments import shared
from deepcat.host.failure import StepError
from deepcat.host.keeper import Keeper, Program, keeper_of
from deepcat.host.model_server import listening, rollout
from deepcat.host.place import Place, open_up, read_json, write_json
from deepcat.host.processes import VARIABLE
from deepcat.host.python import words

CODE = "code"
_GRANT = ".box"
_ORDER = ("live", "candidate")
# How long what a plug-in asks may wait for its server during a switch.
_PATIENCE_S = 90.0
_INSIDE = Path(__file__).with_name("inside.py")
_TASKS, _OPEN_FILES, _DISK_BYTES = 1024, 16_384, 1 << 30
# As of servers: a bound is more than what the wish asks a host for.
_FACTOR, _LEAST_MEMORY = 2, 2 << 30


class Plugins:
    """The plug-ins of one deployment, each behind the door of its node.

    A plug-in listens on the loopback alone. The door is where readers call: a program that leads
    them to the plug-in that answers now, and stays when another takes over.

    The state that it keeps for each node: ``live``, the one that answers; ``candidate``, one that
    must prove itself; ``doors``, names of the programs that stand open; ``generation``, a counter.

    Args:
        place: the deployment's.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.state = place.state
        self.local = place.folder.parent
        self.keeper: Keeper = keeper_of(self.local, self.state.get("keeper") or {})
        self._nodes: dict[str, dict[str, Any]] = self.state.setdefault("plugins", {})
        self.doors = Doors(place, self.keeper, self._nodes)

    def bring_up(self, wanted: Wanted) -> tuple[Running, bool]:
        """Bring a plug-in up beside what runs, unless it runs already.

        Returns:
            What will answer in the end, and whether anything was started.

        Raises:
            StepError: this host cannot run it, or its environment cannot be made.
        """
        self._require(wanted)
        mine = self._nodes.setdefault(wanted.node, {})
        live, before = self._up(mine.get("live")), self._up(mine.get("candidate"))
        mine.pop("candidate", None)
        if live is None:
            mine.pop("live", None)
        final = self._port(wanted, live)
        goal = self._goal(wanted)
        for each in (before, live):
            if each and (each.goal, each.final, each.address) == (goal, final, wanted.address):
                if each is before:
                    mine["candidate"] = asdict(each)
                self._save()
                return each, False
        mine["makes"] = shared.key_of(wanted.plugin.pins)  # so that nobody sweeps it meanwhile
        self._save()
        made = wanted.brought or shared.made(self.local, wanted.plugin.pins, wanted.index)
        mine.pop("makes")
        mine["generation"] = int(mine.get("generation", 0)) + 1
        port = ports.free_port(LOOPBACK, {final})
        found = Running(
            program=program_of(self.place.name, wanted.node, mine["generation"]),
            folder=f"{FOLDER}/{wanted.node}/{mine['generation']}",
            model=wanted.plugin.model,
            server=wanted.server,
            port=port,
            calls=ports.free_port(LOOPBACK, {final, port}),
            address=wanted.address,
            final=final,
            environment=made,
            goal=goal,
        )
        mine["candidate"] = asdict(found)
        self._save()
        self._lay(wanted, found)
        self.start(found)
        return found, True

    @property
    def is_none(self) -> bool:
        """Whether the deployment has no plug-in, nor had one."""
        return not self._nodes

    def proving(self) -> dict[str, Running]:
        """Node -> what must prove itself: the candidate, or what runs."""
        found = {n: running(m.get("candidate") or m.get("live")) for n, m in self._nodes.items()}
        return {node: each for node, each in found.items() if each is not None}

    def live(self) -> dict[str, Running]:
        """Node -> what answers."""
        found = {node: running(mine.get("live")) for node, mine in self._nodes.items()}
        return {node: each for node, each in found.items() if each is not None}

    def trials(self) -> Iterator[tuple[str, Running | None, Running]]:
        """Of each node that changes: its name, what runs, and what takes over."""
        for node, mine in list(self._nodes.items()):
            candidate = running(mine.get("candidate"))
            if candidate is not None:
                yield node, running(mine.get("live")), candidate

    def turn(self) -> None:
        """Let the doors lead to what was proved, whose server is to take over next.

        Raises:
            StepError: a door does not open.
        """
        self.lead(is_switching=True)
        for node, _, candidate in self.trials():
            self.doors.open(node, candidate)

    def settle(self) -> None:
        """Write down that what was proved answers from now on; `sweep` then ends what did.

        Raises:
            StepError: as `turn`.
        """
        self.lead()  # also what is to end, which may yet be asking
        for node, _, candidate in self.trials():
            mine = self._nodes[node]
            mine.update(live=asdict(candidate))
            mine.pop("candidate")
        for node, each in self.live().items():
            self.doors.open(node, each)
            self.doors.only(node, each)
        self._save()

    def keep(self, wanted: Collection[str]) -> None:
        """Forget the nodes that the topology has no more."""
        for node in set(self._nodes) - set(wanted):
            del self._nodes[node]

    def abandon(self) -> None:
        """Take away what did not prove itself; what ran before goes on."""
        for mine in self._nodes.values():
            for name in ("candidate", "makes", "doors"):
                mine.pop(name, None)
        self.lead()
        for node, each in self.live().items():
            with suppress(StepError):  # it may be what failed
                self.doors.open(node, each)
            self.doors.only(node, each)
        self.sweep()

    def end(self) -> None:
        """Stop everything; nothing is written down: the disk may be full, and the place goes."""
        self._nodes.clear()
        self._clear()
        with suppress(OSError):
            shared.sweep(self.local, but=self.place)

    def sweep(self) -> None:
        """Stop and delete what the state does not name, and write the state down."""
        self._save()
        self._clear()
        shared.sweep(self.local)

    def lead(self, *, is_switching: bool = False) -> None:
        """Let each ask the server of its node: what answers now, and else what takes over.

        One that must prove itself asks what does, too.

        Args:
            is_switching: whether that takes over next. Until it has, whoever finds no server
                waits; and one that is begun anew is not asked as soon as it listens.
        """
        servers = self.state.get("servers") or {}
        for mine in self._nodes.values():
            for which, order in (("live", _ORDER), ("candidate", _ORDER[::-1])):
                each = running(mine.get(which))
                if each is None or not (self.place.folder / each.folder).is_dir():
                    continue
                own = servers.get(each.server) or {}
                goal = rollout.from_dict(own.get("goal"))
                is_anew = is_switching and goal is not None and goal.mode == "restart"
                named = [name for name in order if name == "candidate" or not is_anew]
                found = [rollout.from_dict(own.get(name)) for name in named]
                ways = [(server.address, server.rest_port) for server in found if server]
                told = kept.led(ways, _PATIENCE_S if is_switching else 0)
                write_json(self.place.folder / each.folder / kept.TARGET, told)

    def start(self, each: Running) -> None:
        """Start a plug-in's program."""
        self.lead()
        folder = self.place.folder / each.folder
        told = read_json(folder / kept.FILE)
        own = ["--listen-ip", LOOPBACK, "--listen-port", str(each.port)]
        own += ["--model-name", each.model]
        path = shared.path_of(self.local, each.environment)
        argv = [*words(), "-I", "-S", str(_INSIDE), str(path), str(folder / CODE), *own]
        unboxed = ["--unboxed"] if told["unboxed"] else []
        entered = boxed("--owner", f"--keep={VARIABLE}", *unboxed, folder / _GRANT, *argv)
        more = {"address": LOOPBACK, "port": each.calls, "argv": entered}
        write_json(folder / kept.FILE, {**told, **more})
        command = [*words(), "-I", "-S", str(kept.KEEP), str(folder)]
        self.keeper.add(each.program, command, self.log(each), self.place.owner)

    def log(self, each: Running) -> Path:
        """Where its output goes."""
        return self.place.folder / "logs" / f"{each.program}.log"

    def program(self, each: Running) -> Program | None:
        """What the keeper knows of one; None when it does not know it."""
        return self.keeper.programs().get(each.program)

    def _up(self, data: Mapping[str, Any] | None) -> Running | None:
        each = running(data)
        program = self.program(each) if each else None
        return each if program is not None and program.is_up else None

    def _goal(self, wanted: Wanted) -> str:
        """What tells a plug-in from any other."""
        own = [wanted.server, wanted.environment, wanted.memory_MiB, wanted.plugin.lock]
        own += [_name_of(self.state, wanted.server), package.digest(wanted.plugin, wanted.folder)]
        return hashlib.sha256(json.dumps(own).encode()).hexdigest()

    def _save(self) -> None:
        self.place.save(self.state)

    def _require(self, wanted: Wanted) -> None:
        """See that this host can run it."""
        if self.keeper.elsewhere is not None:
            message = "a plug-in of DEEPaaS is not run where programs choose their own host"
            raise StepError("cloud", "run/plugin", message, "let it run on another kind of cloud")
        found = available()
        # Its workers share locks, which lie in a folder that a box alone has for itself.
        has_all = found.suffices and found.isolates and found.landlock >= OF_PORTS
        if has_all or (wanted.unboxed and not found.suffices):
            return
        why = "; ".join(lacking(found)) or "ports cannot be kept by rules (Landlock): Linux 6.7"
        hint = "mend the host, or say `unboxed: true` in deepcat.yaml, if you trust every module"
        raise StepError("cloud", "run/box", f"this host gives no box for a plug-in: {why}", hint)

    def _port(self, wanted: Wanted, live: Running | None) -> int:
        """The port that it has in the end."""
        taken = {*listening.ports_of_others(self.place), *_ports_of_servers(self.state)}
        for node, mine in self._nodes.items():
            both = (running(mine.get(which)) for which in _ORDER if node != wanted.node)
            taken |= {port for each in both if each for port in (each.port, each.final)}

        own = held(self._nodes[wanted.node].get("doors") or ())

        def is_free(number: int) -> bool:
            return number not in taken and (number in own or ports.is_free(wanted.address, number))

        before = live.final if live and live.address == wanted.address else 0
        port = rollout.port(wanted.port, wanted.fixed, before, is_free)
        if port is None:
            raise StepError(
                "capacity",
                "run/port",
                f"port {wanted.port} of {wanted.address} is taken",
                "stop what uses it, or give the plug-in another port, or 0 for a free one",
            )
        return port or ports.free_port(wanted.address, taken)

    def _lay(self, wanted: Wanted, each: Running) -> None:
        """Write down what it is, beside the author's code and what tells Python of it."""
        folder = self.place.folder / each.folder
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(wanted.plugin.code, folder / CODE)
        for name, text in package.metadata(wanted.plugin).items():
            path = folder / CODE / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        open_up(folder / CODE)
        write_json(folder / kept.FILE, {"unboxed": wanted.unboxed})
        write(folder / _GRANT, self._grant(wanted, each), None if wanted.unboxed else available())

    def _grant(self, wanted: Wanted, each: Running) -> Grant:
        """What its box gives it: it listens, and calls its model server."""
        memory = wanted.memory_MiB << 20
        model = _name_of(self.state, wanted.server)
        base = f"http://127.0.0.1:{each.calls}"
        path = shared.path_of(self.local, each.environment)
        is_kept = available().landlock >= OF_PORTS
        return Grant(
            name=f"plugin {self.place.folder}",
            reads=(*of_python(), str(path), str(self.place.folder / each.folder / CODE)),
            listens=True,
            connects=wanted.unboxed and not is_kept,
            calls=(each.calls,),
            memory_bytes=memory and max(_LEAST_MEMORY, _FACTOR * memory),
            processes=_TASKS,
            disk_bytes=_DISK_BYTES,
            open_files=_OPEN_FILES,
            variables={
                **dict(wanted.environment),
                "DEEPCAT_MODEL": f"{base}/v1/models/{model}",
            },
        )

    def _clear(self) -> None:
        kept = [
            each
            for mine in self._nodes.values()
            for each in map(running, (mine.get("live"), mine.get("candidate")))
            if each is not None
        ]
        named = {each.program for each in kept} | {*self.doors.programs}
        start = f"{self.place.name}~"
        known = [name for name in self.keeper.names() if name.startswith(start)]
        if lost := [name for name in known if name.endswith(SUFFIX) and name not in named]:
            self.keeper.remove(*lost)
        for log in (self.place.folder / "logs").glob(f"*{SUFFIX}.log*"):
            if log.name.partition(".log")[0] not in named:
                log.unlink(missing_ok=True)
        folders = {each.folder for each in kept} | {*self.doors.folders}
        for folder in (self.place.folder / FOLDER).glob("*/*"):
            if folder.relative_to(self.place.folder).as_posix() not in folders:
                shutil.rmtree(folder, ignore_errors=True)


def _name_of(state: Mapping[str, Any], node: str) -> str:
    """What the model is called that the server of a node serves."""
    own = (state.get("servers") or {}).get(node) or {}
    server = rollout.from_dict(own.get("candidate") or own.get("live"))
    if server is None or not server.models:
        why = f"`{node}`, which the plug-in asks, is no model server that was begun"
        raise StepError("module", "run/values", why, "give the plug-in a `server`")
    return server.models[0].name


def _ports_of_servers(state: Mapping[str, Any]) -> set[int]:
    """Of this deployment's own model servers."""
    servers = (
        rollout.from_dict(mine.get(which))
        for mine in (state.get("servers") or {}).values()
        for which in ("live", "candidate", "goal")
    )
    return {port for server in servers if server for port in server.ports}
