"""EDGE: one call by gRPC's core: its message, its answers, and who waits for what.

A call is taken up in the thread that takes the core's events, and comes to the event loop only
where it must wait for something.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol

from grpc._cython import cygrpc

from deepcat.serving.contract.status import Code, ServingError

_LOG = logging.getLogger("deepcat.serving")
# gRPC gives years for a call without a deadline.
_FAR_S = 1e6

Metadata = Sequence[tuple[str, str]]
# Answers a call on the event loop, or raises: a ServingError is the client's answer.
Answer = Callable[["Call"], Awaitable[None]]


class AtOnce(Protocol):
    """Answers a message in the thread that took it, or gives None: it must wait for something."""

    def __call__(self, data: bytes, deadline: float) -> bytes | None:
        """The answer's bytes; raises ServingError."""


class Method:
    """How the calls of one method are answered.

    Args:
        answer: on the event loop.
        at_once: before, of messages that may be read before anything is known of who calls.
    """

    __slots__ = ("answer", "at_once")

    def __init__(self, answer: Answer, at_once: AtOnce | None = None) -> None:
        self.answer = answer
        self.at_once = at_once


async def _nobody(_call: Call) -> None:
    raise ServingError(Code.UNIMPLEMENTED, "Method not found!")


UNKNOWN = Method(_nobody)


class Holder(Protocol):
    """The server that calls came to, as far as they ask it.

    Attributes:
        loop: the event loop.
        calls: those under way.
        awaited: calls whose messages are awaited, and since when; the oldest first.
    """

    loop: asyncio.AbstractEventLoop
    calls: set[Call]
    awaited: dict[Call, float]

    @property
    def is_full(self) -> bool:
        """Whether there are more calls than there may be."""

    def in_loop(self, call: Callable[..., object], *arguments: Any) -> None:
        """Call something on the event loop."""


class Call:
    """One call.

    Attributes:
        metadata: what came before its messages.
        deadline: by `time.monotonic`; 0 for none.
    """

    __slots__ = (
        "_begun", "_closed", "_coming", "_core", "_method", "_ops", "_read", "_sent", "_task",
        "deadline", "metadata",
    )  # fmt: skip

    def __init__(self, core: Holder, method: Method, event: Any) -> None:
        self._core = core
        self._method = method
        self._ops = event.call
        self.metadata: Metadata = event.invocation_metadata
        left = event.call_details.deadline - time.time()
        self.deadline = time.monotonic() + left if left < _FAR_S else 0.0
        self._read: list[bytes | None] = []
        self._begun = False
        self._sent = False
        self._closed = False
        self._task: asyncio.Task[None] | None = None
        self._coming: asyncio.Future[bytes | None] | None = None

    @property
    def certificate(self) -> str:
        """The name in the client's certificate, which the connection has verified."""
        names = (cygrpc.auth_context(self._ops) or {}).get(b"x509_common_name", ())
        return names[0].decode("utf-8", "replace") if names else ""

    @property
    def address(self) -> str:
        """The address of the client; empty where it has none."""
        kind, _, rest = self._ops.peer().decode().partition(":")
        host = rest.rpartition(":")[0].removeprefix("%5B").removesuffix("%5D")
        return host if kind in ("ipv4", "ipv6") else ""

    async def read(self) -> bytes | None:
        """The next message; None once there is none.

        Raises:
            ServingError: it does not come in time, or there is no memory for it.
        """
        if self._read:
            return self._read.pop()
        self._coming = coming = self._core.loop.create_future()

        def came(event: Any) -> None:
            self._core.awaited.pop(self, None)
            self._core.in_loop(_set, coming, event.batch_operations[0].message())

        self._await(came)
        message: bytes | None = await coming
        return message

    async def send(self, data: bytes) -> None:
        """Send one of many answers, once there is room for it."""
        gone = self._core.loop.create_future()

        def sent(_event: Any) -> None:
            self._core.in_loop(_set, gone, None)

        self._ops.start_server_batch((*self._head(), cygrpc.SendMessageOperation(data, 0)), sent)
        await gone

    def end(
        self, data: bytes | None = None, code: int = 0, message: str = "", more: Metadata = ()
    ) -> None:
        """The last answer, or none, and the status."""
        operations = [*self._head()]
        if data is not None:
            operations.append(cygrpc.SendMessageOperation(data, 0))
        status = cygrpc.SendStatusFromServerOperation(tuple(more), code, message.encode(), 0)
        self._ops.start_server_batch((*operations, status), self._was_sent)

    def _head(self) -> Sequence[Any]:
        if self._begun:
            return ()
        self._begun = True
        return (cygrpc.SendInitialMetadataOperation(None, 0),)

    # In the thread that takes events:

    def take(self) -> None:
        """Read its message, or give it to the event loop."""
        at_once = self._method.at_once
        if self._core.is_full:
            self._refuse(Code.RESOURCE_EXHAUSTED, "Concurrent RPC limit exceeded!")
        elif at_once is None:
            self._pass_on()
        else:
            self._await(partial(self._message, at_once))

    def _message(self, at_once: AtOnce, event: Any) -> None:
        if self._sent:
            return
        self._core.awaited.pop(self, None)
        data = event.batch_operations[0].message()
        try:
            answer = at_once(data, self.deadline) if data is not None else None
        except ServingError as error:
            self._refuse(error.code, error.message)
            return
        except Exception:
            _LOG.exception("A call by gRPC failed")
            self._refuse(Code.INTERNAL, "Internal error of the server")
            return
        if answer is None:
            self._read.append(data)
            self._pass_on()
            return
        operations = (
            cygrpc.SendInitialMetadataOperation(None, 0),
            cygrpc.SendMessageOperation(answer, 0),
            cygrpc.SendStatusFromServerOperation(None, 0, b"", 0),
            cygrpc.ReceiveCloseOnServerOperation(0),
        )
        self._ops.start_server_batch(operations, self._is_over)

    def _await(self, came: Callable[[Any], None]) -> None:
        self._core.awaited[self] = time.monotonic()
        self._ops.start_server_batch((cygrpc.ReceiveMessageOperation(0),), came)

    def give_up(self, error: ServingError) -> None:
        """Wait no more for its message."""
        self._core.awaited.pop(self, None)
        if self._coming is not None:
            self._core.in_loop(_fail, self._coming, error)
        else:
            self._sent = True
            self._refuse(error.code, error.message)

    def _refuse(self, code: Code, message: str) -> None:
        operations = (
            cygrpc.SendInitialMetadataOperation(None, 0),
            cygrpc.SendStatusFromServerOperation(None, int(code), message.encode(), 0),
            cygrpc.ReceiveCloseOnServerOperation(0),
        )
        self._ops.start_server_batch(operations, self._is_over)

    def _pass_on(self) -> None:
        self._ops.start_server_batch((cygrpc.ReceiveCloseOnServerOperation(0),), self._was_closed)
        self._core.in_loop(self._begin)

    def _was_sent(self, _event: Any) -> None:
        self._sent = True
        if self._closed:
            self._core.calls.discard(self)

    def _was_closed(self, event: Any) -> None:
        self._closed = True
        if self._sent:
            self._core.calls.discard(self)
        elif event.batch_operations[0].cancelled():
            self._core.in_loop(self._cancel)

    def _is_over(self, _event: Any) -> None:
        self._core.calls.discard(self)

    # On the event loop:

    def _begin(self) -> None:
        self._task = self._core.loop.create_task(self._answered())

    def _cancel(self) -> None:
        if self._task is not None and self._task.cancel():
            self._task.add_done_callback(self._is_cancelled)

    def _is_cancelled(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():  # before it was begun: then it cannot answer by itself
            self._end_gone()

    def _end_gone(self) -> None:
        self.end(None, int(Code.CANCELLED), "The client has gone")

    async def _answered(self) -> None:
        try:
            await self._method.answer(self)
        except ServingError as error:
            more: Metadata = ()
            if retry_after := getattr(error, "retry_after", 0):
                more = (("retry-after", str(retry_after)),)
            self.end(None, int(error.code), error.message, more)
        except asyncio.CancelledError:
            self._end_gone()
        except Exception:
            _LOG.exception("A call by gRPC failed")
            self.end(None, int(Code.INTERNAL), "Internal error of the server")


def _fail(future: asyncio.Future[Any], error: ServingError) -> None:
    if not future.done():
        future.set_exception(error)


def _set(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)
