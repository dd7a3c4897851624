"""EDGE of the host: the proxy of one deployment, begun, switched and asked."""

from __future__ import annotations

import hashlib
import shutil
import socket
import ssl
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from deepcat.host.failure import StepError
from deepcat.host.keeper import Keeper
from deepcat.host.place import Place, places, tail, write_json
from deepcat.host.ports import is_free
from deepcat.host.proxy import keep, programs
from deepcat.host.proxy.programs import Program
from deepcat.host.proxy.values import SAYS, Settings, Way, host_of, settings_of
from deepcat.host.python import words

FOLDER = "proxy"
_MINE = "front"
_PATIENCE_S = 20.0
_PAUSE_S = 0.03
_LOOK_S = 3.0


class Front:
    """The proxy before the servers of one deployment; it stays where it is when they change.

    Args:
        place: the deployment's.
        keeper: of its programs.
        state: of the place: ``proxy`` has what the cloud's file says, ``front`` its ports by node,
            ``plugins`` what else answers there.
    """

    def __init__(self, place: Place, keeper: Keeper, state: dict[str, Any]) -> None:
        self._place = place
        self._keeper = keeper
        self._state = state
        self.settings = settings_of(state.get("proxy") or {})
        # No node's name begins so.
        self.program = f"{place.name}~.proxy"
        self.folder = place.folder / FOLDER

    @property
    def is_wanted(self) -> bool:
        """Whether there shall be one."""
        return self.settings is not None

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self._place.folder / "logs" / f"{self.program}.log"

    def addresses(self, node: str) -> dict[str, str]:
        """How readers reach the server of a node: both on one port, by TLS."""
        assert self.settings is not None  # noqa: S101 - asked of a proxy that is wanted
        port = self._ports([node])[node]
        at = f"https://{host_of(self.settings.name)}:{port}"
        return {"rest": at, "grpc": at}

    def lead(self, servers: Mapping[str, tuple[int, int]]) -> None:
        """Let it lead to servers, by node; it is begun where it does not run.

        Plug-ins that answer are led to as well, by their doors.

        Args:
            servers: node -> the ports of the loopback on which its server answers REST and gRPC.

        Raises:
            StepError: it does not take the settings, or does not answer (``run/proxy``).
        """
        if self.settings is None or not servers:
            return
        servers = {**servers, **_doors(self._state)}
        ports = self._ports(servers)
        ways = [Way(node, ports[node], *servers[node]) for node in sorted(servers)]
        program = programs.found(self.settings.program)
        text, mark = _text(program, self.settings, ways)
        path = self.folder / program.file
        known = self._keeper.programs().get(self.program)
        is_up = known is not None and known.is_up
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._point(ways)
        if is_up and path.is_file() and path.read_text("utf-8") == text:
            return
        new = path.with_name(f"new-{path.name}")
        new.write_text(text, "utf-8")
        program.require(self.folder, new.name)
        goes_on = is_up and path.is_file()
        new.replace(path)
        watched = [self.settings.certificate, self.settings.key]
        own = {"kind": program.kind, "path": program.path, "watched": watched}
        write_json(self.folder / keep.FILE, own)
        if goes_on:
            before = _workers(self.folder)
            program.reload(self.folder)
        else:
            before = frozenset()
            self._begin()
        self._wait(program, ports.values(), mark, before)

    def _point(self, ways: Sequence[Way]) -> None:
        """Let requests go to these servers from now on."""
        for way in ways:
            link, target = self.folder / way.link, self.folder / way.target
            target.mkdir(parents=True, exist_ok=True)
            (target / target.name).touch()
            new = link.with_name(f".{link.name}.new")
            new.unlink(missing_ok=True)
            new.symlink_to(way.target)
            new.replace(link)
        kept = {way.target for way in ways}
        for each in (self.folder / "ways").iterdir():
            if each.relative_to(self.folder).as_posix() not in kept:
                shutil.rmtree(each)

    def _begin(self) -> None:
        argv = [*words(), "-I", "-S", str(keep.__file__), str(self.folder)]
        self._keeper.add(self.program, argv, self.log, self._place.owner)

    def _wait(
        self, program: Program, ports: Collection[int], mark: str, before: frozenset[int]
    ) -> None:
        """Until each port answers by these settings, and nobody goes by others any more."""
        until = time.monotonic() + _PATIENCE_S
        while not all(_says(self._address, port, mark) for port in ports):
            known = self._keeper.programs().get(self.program)
            if known is None or known.state in ("FATAL", "EXITED") or time.monotonic() > until:
                raise programs.refused(program.kind, tail(self.log))
            time.sleep(_PAUSE_S)
        while before & _workers(self.folder) and time.monotonic() < until:
            time.sleep(_PAUSE_S)

    @property
    def _address(self) -> str:
        return (self.settings.listen if self.settings else "") or "127.0.0.1"

    def _ports(self, nodes: Collection[str]) -> dict[str, int]:
        """The port of each node: what it had, else the first one that nobody has.

        Raises:
            StepError: all are taken (``run/port``).
        """
        assert self.settings is not None  # noqa: S101 - as above
        known: dict[str, int] = self._state.setdefault(_MINE, {})
        may = range(self.settings.first, self.settings.last + 1)
        taken = _of_others(self._place) | {port for node, port in known.items()}
        for node in nodes:
            if known.get(node) in may:
                continue
            free = (
                port for port in may if port not in taken and is_free(self.settings.listen, port)
            )
            port = next(free, 0)
            if not port:
                message = f"every port from {may.start} to {may.stop - 1} is taken"
                raise StepError("capacity", "run/port", message, "give the proxy more `ports`")
            known[node] = port
            taken |= {port}
        self._place.save(self._state)
        return {node: known[node] for node in nodes}


def _doors(state: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """The ports of the plug-ins that answer, by node; they have none of gRPC."""
    plugins = (state.get("plugins") or {}).items()
    ports = {node: mine["live"]["final"] for node, mine in plugins if mine.get("live")}
    return {node: (port, port) for node, port in ports.items()}


def _text(program: Program, settings: Settings, ways: Sequence[Way]) -> tuple[str, str]:
    """What its file says, and the mark in it by which it is told from any other."""
    try:
        mark = hashlib.sha256(program.text(settings, ways, "").encode()).hexdigest()[:16]
        return program.text(settings, ways, mark), mark
    except ValueError as error:
        hint = "name other files in the cloud's `proxy`"
        raise StepError("cloud", "run/proxy", str(error), hint) from None


def _says(address: str, port: int, mark: str) -> bool:
    """Whether who answers on a port goes by these settings; whose it is, its reader asks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    said = b""
    try:
        with (
            socket.create_connection((address, port), _LOOK_S) as plain,
            context.wrap_socket(plain) as peer,
        ):
            peer.sendall(f"GET {SAYS} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            while more := peer.recv(4096):
                said += more
    except OSError:
        pass
    return said.endswith(mark.encode())


def _workers(folder: Path) -> frozenset[int]:
    """The processes that answer for nginx; none of another program."""
    with suppress(OSError, ValueError):
        pid = int((folder / "nginx.pid").read_text())
        return frozenset(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    return frozenset()


def _of_others(place: Place) -> set[int]:
    others = (each for each in places(place.folder.parent) if each.folder != place.folder)
    return {port for each in others for port in (each.state.get(_MINE) or {}).values()}
