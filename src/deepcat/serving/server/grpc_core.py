"""EDGE: gRPC's core; one thread takes its events, and answers on the spot what is quick.

`grpc.aio` hands each event from a thread of its own to the event loop, which costs more than a
small model does. Here a call comes to the event loop only where it must wait for something. The
core's classes are those that `grpc.server` is made of; grpcio calls none of them public.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from grpc._cython import cygrpc

from deepcat.serving.contract.status import Code, ServingError
from deepcat.serving.server.admission import FullError
from deepcat.serving.server.grpc_call import UNKNOWN, Call, Method

_LOG = logging.getLogger("deepcat.serving")
_LOOK_S = 1.0
# A message that takes longer comes slowly.
_SLOW_S = 0.25
_ASKED = object()
_ENDED = object()


class Core:
    """A server; to be made, begun and ended on the event loop.

    Args:
        methods: by their paths.
        options: of gRPC's core.
        most_calls: under way at once; None for any number.
        message_s: seconds in which a message has come that is awaited.
        crowded: asked with how many messages come slowly, whether they take too much memory.
    """

    def __init__(
        self,
        methods: Mapping[str, Method],
        options: Sequence[tuple[str, int | str]],
        most_calls: int | None = None,
        message_s: float = 300.0,
        crowded: Callable[[int], bool] = lambda _slow: False,
    ) -> None:
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self.calls: set[Call] = set()
        self.awaited: dict[Call, float] = {}
        self._looked = 0.0
        self._methods = {path.encode(): method for path, method in methods.items()}
        self._most_calls = most_calls
        self._message_s = message_s
        self._crowded = crowded
        self._server = cygrpc.Server(tuple(options), False)
        self._queue = cygrpc.CompletionQueue()
        self._server.register_completion_queue(self._queue)
        self._lock = threading.Lock()
        self._is_ending = False
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._serve, name="grpc", daemon=True)

    @property
    def is_full(self) -> bool:
        """Whether there are more calls than there may be."""
        return self._most_calls is not None and len(self.calls) > self._most_calls

    def add_port(self, address: str, credentials: Any = None) -> int:
        """Listen there too; the port. Raises RuntimeError."""
        # As `grpc.server` gives them to its core.
        given = () if credentials is None else (credentials._credentials,)
        port = self._server.add_http2_port(address.encode(), *given)
        if not port:
            raise RuntimeError(f"gRPC cannot listen on {address}")
        return int(port)

    def start(self) -> None:
        """Take calls."""
        self._server.start()
        self._ask()
        self._thread.start()

    async def stop(self, grace_s: float) -> None:
        """Take no more calls, and cut those off that last longer than the grace."""
        with self._lock:
            if not self._is_ending:
                self._is_ending = True
                self._server.shutdown(self._queue, _ENDED)
        try:
            async with asyncio.timeout(grace_s):
                await self._over.wait()
        except TimeoutError:
            self._server.cancel_all_calls()
            await self._over.wait()

    def in_loop(self, call: Callable[..., object], *arguments: Any) -> None:
        """Call something on the event loop."""
        try:
            self.loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:
            return  # the loop is closed: the server has ended

    def _ask(self) -> bool:
        with self._lock:
            if not self._is_ending:
                self._server.request_call(self._queue, self._queue, _ASKED)
            return not self._is_ending

    def _serve(self) -> None:
        asked, ended = True, False
        while asked or not ended or self.calls:
            event = self._queue.poll(time.time() + (_SLOW_S if self.awaited else _LOOK_S))
            tag = event.tag
            try:
                if tag is _ASKED:
                    asked = self._ask()
                    self._came(event)
                elif tag is _ENDED:
                    ended = True
                elif tag is not None:
                    tag(event)
                self._hasten()
            except Exception:
                _LOG.exception("An event of gRPC's failed")
            # An event that is kept keeps its call, which the core then waits for.
            del event, tag
        self._server.destroy()
        self.in_loop(self._over.set)

    def _came(self, event: Any) -> None:
        if not event.success:
            return
        call = Call(self, self._methods.get(event.call_details.method, UNKNOWN), event)
        self.calls.add(call)
        call.take()

    def _hasten(self) -> None:
        """Wait no more for messages that take too long, or too much memory."""
        now, before = time.monotonic(), self._looked
        if now - before < _SLOW_S:
            return
        self._looked = now
        awaited = list(self.awaited.items())
        for call, since in awaited:
            if now - since > self._message_s:
                call.give_up(late(self._message_s))
        slow = [call for call, since in awaited if since < before and call in self.awaited]
        # gRPC's own bound of memory is beyond what Python can reach. The oldest may go on.
        if self._crowded(len(slow)):
            for call in slow[1:]:
                call.give_up(FullError("The server holds as many bytes of messages as it may"))


def late(seconds: float) -> ServingError:
    """Of a message that has not come in so many seconds."""
    message = f"The message did not come in {seconds:g} seconds"
    return ServingError(Code.DEADLINE_EXCEEDED, message)
