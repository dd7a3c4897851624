"""What goes between a connection here and a port of a pod, until one of both has had enough.

One thread carries both ways, for an encrypted connection may not be read and written by two at
once. What the pod has said is given on before its end is looked at: where a server that drains
closes right behind its answer, both come at the same moment.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from typing import Protocol

# So much fits once a connection takes anything at all, so that nobody waits in the middle of it.
_PIECE = 16_384
# Of what waits for who does not read.
_MOST = 1 << 20
# How long who says no more may still be given an answer; and once there is one, its rest.
_READS_S, _QUIET_S = 60.0, 3.0
# How often it is looked whether all of it has ended.
_LOOK_S = 1.0


class Way(Protocol):
    """What leads to a port of a pod; see `deepcat.clouds.kinds.kubernetes.edge.Way`."""

    def fileno(self) -> int:
        """As of a socket."""

    def has_more(self) -> bool:
        """Whether something can be received that its file does not show."""

    def receive(self) -> bytes | None:
        """What the pod says, empty for nothing; None once it says no more."""

    def send(self, data: bytes) -> None:
        """Say something to the pod."""


@dataclass(slots=True)
class Asked:
    """What somebody has asked, for as long as no pod has answered a byte of it.

    Attributes:
        kept: all of it; None where it is answered, or was too much to be kept.
        is_all: whether nothing more will be asked.
    """

    kept: bytearray | None = field(default_factory=bytearray)
    is_all: bool = False

    def more(self, data: bytes) -> None:
        """Keep what is asked besides."""
        if self.kept is not None:
            self.kept += data
            if len(self.kept) > _MOST:
                self.kept = None


def carry(peer: socket.socket, way: Way, asked: Asked, is_over: Callable[[], bool]) -> bool:
    """Pass on all bytes until an end; whether it was the pod that ended it.

    Args:
        peer: who asks; made one that does not block.
        way: to the pod.
        asked: before, of a pod that has not answered; what is asked now is added.
        is_over: whether all shall end.
    """
    carrying = _Carrying(peer, way, asked)
    with suppress(OSError):
        while not is_over():
            if carrying.is_done():
                return carrying.is_ended
            carrying.turn()
    return carrying.is_ended


class _Carrying:
    def __init__(self, peer: socket.socket, way: Way, asked: Asked) -> None:
        peer.setblocking(False)
        self._peer, self._way, self._asked = peer, way, asked
        self._there, self._back = bytearray(asked.kept or b""), bytearray()
        self._has_answer = False
        self._since = time.monotonic()
        self.is_ended = False

    def is_done(self) -> bool:
        """Whether nothing more is to be had."""
        if self.is_ended:
            return not self._back
        if not self._asked.is_all or self._there or self._back:
            return False
        # A port-forward knows no half-closed connection: who has asked all may still read.
        patience = _QUIET_S if self._has_answer else _READS_S
        return time.monotonic() - self._since > patience

    def turn(self) -> None:
        """Wait until one of both says or takes something, and pass that on."""
        with DefaultSelector() as waiting:
            self._watch(waiting)
            timeout = 0.0 if self._reads_way() and self._way.has_more() else _LOOK_S
            found = {key.fileobj: events for key, events in waiting.select(timeout)}
        peer, way = found.get(self._peer, 0), found.get(self._way.fileno(), 0)
        if peer & EVENT_READ:
            self._ask()
        if way & EVENT_WRITE and self._there:
            piece = bytes(self._there[:_PIECE])
            self._say(piece)
        if way & EVENT_READ or timeout == 0.0:
            self._hear()
        if self._back and (peer & EVENT_WRITE or not peer):
            self._give()

    def _reads_way(self) -> bool:
        return not self.is_ended and len(self._back) < _MOST

    def _watch(self, waiting: DefaultSelector) -> None:
        reads = not self._asked.is_all and not self.is_ended and len(self._there) < _MOST
        if events := (EVENT_READ if reads else 0) | (EVENT_WRITE if self._back else 0):
            waiting.register(self._peer, events)
        if self.is_ended:
            return
        if events := (EVENT_READ if self._reads_way() else 0) | (EVENT_WRITE if self._there else 0):
            waiting.register(self._way.fileno(), events)

    def _ask(self) -> None:
        data = self._peer.recv(_PIECE)
        if not data:
            self._asked.is_all = True
            return
        self._since, self._has_answer = time.monotonic(), False
        self._asked.more(data)
        self._there += data

    def _say(self, piece: bytes) -> None:
        try:
            self._way.send(piece)
        except OSError:  # what it has said before may still be there
            self._there.clear()
            return
        del self._there[: len(piece)]

    def _hear(self) -> None:
        data = self._way.receive()
        self._since = time.monotonic()
        if data is None:
            self.is_ended = True
        elif data:
            self._asked.kept, self._has_answer = None, True
            self._back += data

    def _give(self) -> None:
        with suppress(BlockingIOError):
            del self._back[: self._peer.send(self._back)]
