"""EDGE: connections of HTTP, bounded in number, size and time.

uvicorn's own have no bound but one between two requests. Here each is looked at once a second;
what a request costs more than with uvicorn is a few attributes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from deepcat.serving.server import taken
from deepcat.serving.server.faces import Answer, Headers
from deepcat.serving.server.tls import common_name

_LOOK_S = 1.0
# Requests of one piece of data that are answered at once, before other connections have their turn.
_TURNS = 8
_LITTLE = 16 * 1024
# A longer head is not kept for the next request.
_KEPT_HEAD = 1024
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a connection may be.

    Attributes:
        connections: how many there may be; for another one that of the address with the most has
            to go that waits the longest for its client, idle ones first.
        head_bytes: of a request's line and headers, of the trailers of its body, and of what else
            comes without a byte of a body.
        head_s: from a request's first byte, or the connection's begin, to the end of the headers.
        body_s: for which a body may come slower than `body_rate`, at any time of it.
        body_rate: bytes a second, at least, of a body.
        idle_s: between two requests.
        write_s: in which a client takes `write_bytes` of its answer, or all that is left.
        write_bytes: see `write_s`.
        pipelined: requests that may wait behind the first.
    """

    connections: int = 4096
    head_bytes: int = 64 * 1024
    head_s: float = 10.0
    body_s: float = 20.0
    body_rate: float = 16 * 1024
    idle_s: float = 75.0
    write_s: float = 60.0
    write_bytes: int = 16 * 1024
    pipelined: int = 64


BOUNDS = Bounds()


class _Known(NamedTuple):
    """A request that was answered at once: its head, its size, and what answers such bodies."""

    head: bytes
    size: int
    ask: Callable[[bytes], Answer | None]


class Connection(HttpToolsProtocol):
    """One connection.

    A request's scope says, beyond ASGI, ``gone``: whether the client has gone, and
    ``certificate``: the name in its certificate.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Since when it waits for its client, and for what.
        self.since = self.loop.time()
        self.waits_for = "head"
        # Bytes since the last one of a body, or the last end of headers.
        self._head = 0
        self._body_until = 0.0
        self._certificate = ""
        self._said_all = False
        self._answered: Any = None
        # How much was left to be taken, and since when no more of it was.
        self._untaken: int | None = None
        self._untaken_since = 0.0
        self._at_once = getattr(self.app, "at_once", None)
        # Whether all that has come so far is whole requests; what then came at once, and what such
        # a one was before.
        self._between = True
        self._fresh = b""
        self._known: _Known | None = None
        # What is not begun yet: perhaps its end comes with its headers, and it needs no task.
        self._held: tuple[Any, Any] | None = None
        self._turns = 0

    def connection_made(self, transport: Any) -> None:
        """Let it in; another one may have to go for it."""
        super().connection_made(transport)
        opened = transport.get_extra_info("ssl_object")
        if opened is not None:
            self._certificate = common_name(opened.getpeercert())
        if len(self.connections) > BOUNDS.connections:
            leaving(self, self.connections).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell every request on it, not the last alone, as uvicorn does."""
        for cycle in (self._answered, *(waiting for waiting, _ in self.pipeline)):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        super().connection_lost(exc)
        # uvicorn keeps the timer of a connection that was reset, and by it all that came there.
        self._unset_keepalive_if_required()
        self.pipeline.clear()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._answered = cycle
        if self._turns and self._at_once and cycle is self.cycle and cycle.more_body:
            self._held = (cycle, app)
        else:
            super()._start_asgi_task(cycle, app)

    def _begin_held(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            super()._start_asgi_task(*held)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self.waits_for == "next":
            if self._between:
                if self._is_known(data):
                    return
                self._fresh = data
            self._wait("head")
        self._head += len(data)
        self._turns = _TURNS
        super().data_received(data)
        self._turns, self._fresh = 0, b""
        self._begin_held()
        if self._head > BOUNDS.head_bytes:
            self._refuse(b"431 Request Header Fields Too Large")
        elif len(self.pipeline) > BOUNDS.pipelined:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """See `HttpToolsProtocol`."""
        super().on_message_begin()
        self._between = False
        scope: Any = self.scope
        scope["gone"] = self.is_gone
        scope["certificate"] = self._certificate

    def on_headers_complete(self) -> None:
        """See `HttpToolsProtocol`."""
        self._head = 0
        self._wait("body")
        self._body_until = self.since + BOUNDS.body_s
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """See `HttpToolsProtocol`."""
        self._head = 0
        # No more is saved up than there was at first: who sent much may not rest the longer.
        most = self.loop.time() + BOUNDS.body_s
        self._body_until = min(most, self._body_until + len(body) / BOUNDS.body_rate)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """See `HttpToolsProtocol`."""
        self._between = True
        self._wait("next" if self.cycle.response_complete else "answer")
        super().on_message_complete()
        if self._held is not None and not self._is_answered(self.cycle):
            self._begin_held()

    def _is_answered(self, cycle: Any) -> bool:
        """Answer a request here and now, if it is one of those."""
        waits = cycle.waiting_for_100_continue or self.flow.write_paused or self.pipeline
        if waits or len(cycle.body) > _LITTLE or self._at_once is None:
            return False
        ask = self._at_once(self.scope)
        body = bytes(cycle.body)
        found = ask(body) if ask is not None else None
        if found is None:
            return False
        self._held = None
        self._turns -= 1
        cycle.response_started = cycle.response_complete = True
        if cycle.keep_alive:
            self.transport.write(_written(found))
            self._learn(body, ask)
        else:
            self.transport.write(_written(found, b"connection: close\r\n"))
            self.transport.close()
        cycle.on_response()
        return True

    def _learn(self, body: bytes, ask: Callable[[bytes], Answer | None]) -> None:
        """Keep the head of a request that has come alone and whole, its length told in it."""
        data = self._fresh
        begin = data.find(_HEAD_END) + len(_HEAD_END)
        alone = data[begin:] == body and len(_HEAD_END) <= begin <= _KEPT_HEAD
        if alone and not self.parser.should_upgrade():
            self._known = _Known(data[:begin], len(data), ask)

    def _is_known(self, data: bytes) -> bool:
        """Answer a request that differs from one before in its body alone: nothing is parsed."""
        known = self._known
        if known is None or len(data) != known.size or not data.startswith(known.head):
            return False
        if self.flow.write_paused or self.transport.is_closing():
            return False
        found = known.ask(data[len(known.head) :])
        if found is None:
            return False
        self.since = self.loop.time()
        self.transport.write(_written(found))
        self.server_state.total_requests += 1
        return True

    def on_response_complete(self) -> None:
        """See `HttpToolsProtocol`."""
        if self.waits_for == "answer" and not self.pipeline:
            self._wait("next")
        super().on_response_complete()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Whether to stay open: for the answer of a client that says no more.

        Whether it still listens only shows by writing to it. An interim answer is nothing to who
        does; who has gone answers that with a reset, and what it asked need not be begun.
        """
        cycle = self.cycle
        if self.scheme == "https" or cycle is None or cycle.response_complete or cycle.more_body:
            return False
        cycle.keep_alive = False
        self._said_all = True
        if not cycle.response_started and self.scope.get("http_version") == "1.1":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def timeout_keep_alive_handler(self) -> None:
        """Nothing: `is_late` also looks whether an answer is still taken."""

    def is_gone(self) -> bool:
        """Whether nobody listens any more."""
        if self.transport.is_closing():
            return True
        # Nobody watches the socket of a client that says no more: the kernel knows of a reset.
        return self._said_all and taken.is_reset(self.transport)

    def is_late(self, now: float) -> bool:
        """Whether its client took too long over what is its to do."""
        if self._takes(now):
            return now - self._untaken_since > BOUNDS.write_s
        if self.waits_for == "body":
            if self.flow.read_paused:  # it is we who do not read
                self._body_until = now + BOUNDS.body_s
            return now > self._body_until
        allowed = {"head": BOUNDS.head_s, "next": BOUNDS.idle_s}.get(self.waits_for)
        return allowed is not None and now - self.since > allowed

    def _takes(self, now: float) -> bool:
        """Whether some of an answer is still to be taken; looks how that goes."""
        is_left, left = taken.left(self.transport)
        if not is_left:
            self._untaken = None
            return False
        if self._untaken is None or left <= self._untaken - BOUNDS.write_bytes:
            self._untaken, self._untaken_since = left, now
        if self.waits_for == "next":
            self.since = now
        return True

    def end(self) -> None:
        """End it, since it is late."""
        taking = self._untaken is not None
        if self.waits_for == "next" or taking or self.transport.is_closing():
            self.transport.abort()
        else:
            self._refuse(b"408 Request Timeout")

    def _wait(self, what: str) -> None:
        self.waits_for = what
        self.since = self.loop.time()

    def _refuse(self, status: bytes) -> None:
        cycle = self.cycle
        idle = cycle is None or cycle.response_complete or not cycle.response_started
        if idle and not self.pipeline:
            self.transport.write(
                b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
        self.transport.close()


def _written(answer: Answer, more: bytes = b"") -> bytes:
    """An answer as it goes out, with one header more."""
    head = _headers(answer.status, tuple(answer.headers))
    body = answer.body
    return b"%b%bcontent-length: %d\r\n\r\n%b" % (head, more, len(body), body)


@lru_cache(64)
def _headers(status: int, headers: Headers) -> bytes:
    return STATUS_LINE[status] + b"".join(b"%b: %b\r\n" % each for each in headers)


def leaving(new: Any, connections: Collection[Any]) -> Any:
    """The connection that has to go where one is too many."""

    def address(each: Any) -> str:
        return each.client[0] if each.client else ""

    counts = Counter(address(each) for each in connections)
    found = [each for each in connections if each.waits_for != "answer" and each is not new]
    return min(
        found or [new],
        key=lambda each: (-counts[address(each)], each.waits_for == "body", each.since),
    )


async def watch(connections: Iterable[Any]) -> None:
    """End what is late, for as long as the server lives."""
    while True:
        await asyncio.sleep(_LOOK_S)
        now = asyncio.get_running_loop().time()
        for each in [each for each in connections if each.is_late(now)]:
            each.end()
