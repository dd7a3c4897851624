"""The methods by gRPC: their calls are answered when there is room for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from google.protobuf.message import DecodeError

from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.server import grpc_call
from deepcat.serving.server.access import Access, Shown
from deepcat.serving.server.admission import NO_MODEL, Admission, GoneError
from deepcat.serving.server.faces import left_ms
from deepcat.serving.server.grpc_api import Method
from deepcat.serving.server.grpc_call import Call
from deepcat.serving.server.grpc_core import Core
from deepcat.serving.server.lanes import in_message

_SHOWN = ("authorization", "x-api-key")
_OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_send_message_length", -1),
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.max_connection_idle_ms", 600_000),
    # Clients that vanished without a word are noticed, and those that ping too often are put off.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.max_concurrent_streams", 256),
)
# In which a message has come; what is slower holds memory for nobody's good.
_MESSAGE_S = 300.0


@dataclass(frozen=True, slots=True)
class Gates:
    """What each call passes before it is computed.

    Attributes:
        access: who may call.
        admission: when there is room.
        models: the names of the models that are served, as they are now.
        prompt: whether a model answers a request sooner than a thread would be asked for it.
        most_calls: calls under way at once, those whose messages are still on their way too.
        message_s: seconds in which a message has come.
        crowded: asked with how many messages come slowly, whether they take too much memory.
    """

    access: Access
    admission: Admission
    models: Callable[[], Collection[str]]
    prompt: Callable[[str, bytes], bool] = lambda _model, _data: False
    most_calls: int | None = None
    message_s: float = _MESSAGE_S
    crowded: Callable[[int], bool] = lambda _slow: False


def server(
    methods: Sequence[Method],
    gates: Gates,
    max_message: int,
    arguments: Sequence[tuple[str, int | str]] = (),
    others: Mapping[str, grpc_call.Method] = MappingProxyType({}),
) -> Core:
    """A server that is not begun; to be made, begun and ended on the event loop.

    Args:
        methods: what is answered with models.
        gates: what their calls pass.
        max_message: the largest message, in bytes.
        arguments: more options of gRPC's core.
        others: what else is answered, by its path.
    """
    bound = ("grpc.max_receive_message_length", max_message)
    # The bytes come as they are: they are read where they are computed.
    answered = {f"/{each.service}/{each.name}": _Handler(each, gates).method for each in methods}
    options = [*_OPTIONS, bound, *arguments]
    handled = {**answered, **others}
    return Core(handled, options, gates.most_calls, gates.message_s, gates.crowded)


class _Handler:
    """Answers the calls of one method."""

    def __init__(self, method: Method, gates: Gates) -> None:
        self._method = method
        self._gates = gates
        self._read = method.read or method.request.FromString

    @property
    def method(self) -> grpc_call.Method:
        """How gRPC's core is told of it."""
        is_open = self._method.depth >= 0 and self._gates.access.is_open
        return grpc_call.Method(self._answered, self._at_once if is_open else None)

    async def _answered(self, call: Call) -> None:
        try:
            call.end(await self._allowed(call))
        except GoneError:
            raise ServingError(Code.CANCELLED, "The client has gone") from None

    async def _received(self, call: Call) -> bytes:
        data = await call.read()
        if data is None:
            raise invalid("The call has no message")
        return data

    async def _allowed(self, call: Call) -> bytes:
        gates = self._gates
        shown = _shown(call)
        caller = await gates.access.caller(shown or Shown()) if gates.access.asks or shown else None
        with gates.access.using(caller):
            # A message is only received once its caller may send it.
            whose = caller.name if caller else call.address
            return await self._admitted(await self._received(call), call.deadline, whose)

    async def _admitted(self, data: bytes, deadline: float, whose: str) -> bytes:
        gates, method = self._gates, self._method
        gates.admission.hold(len(data), whose)
        try:
            if (answer := self._at_once(data, deadline)) is not None:
                return answer
            lane = NO_MODEL
            if method.depth >= 0:
                lane = in_message(data, method.depth, gates.models())
            work = partial(self._computed, data, deadline)
            return bytes(await gates.admission.compute(lane, work, deadline))
        finally:
            gates.admission.release(len(data), whose)

    def _at_once(self, data: bytes, deadline: float) -> bytes | None:
        """The answer of a quick model; None where a thread must give it."""
        gates, method = self._gates, self._method
        if method.depth < 0:
            return None
        lane = in_message(data, method.depth, gates.models())
        if not lane or gates.admission.waits(lane) or not gates.prompt(lane, data):
            return None
        request = self._request(data)
        return self._answer(request, deadline) if method.elements(request) <= len(data) else None

    def _computed(self, data: bytes, deadline: float) -> bytes:
        return self._answer(self._request(data), deadline)

    def _request(self, data: bytes) -> Any:
        try:
            return self._read(data)
        except DecodeError as error:
            message = f"The request is no {self._method.request.DESCRIPTOR.name}: {error}"
            raise invalid(message) from None

    def _answer(self, request: Any, deadline: float) -> bytes:
        answer = self._method.answer(request, left_ms(deadline))
        return answer if isinstance(answer, bytes) else bytes(answer.SerializeToString())


def _shown(call: Call) -> Shown | None:
    """What a call shows of who calls; None where it shows nothing."""
    found = {key: str(value) for key, value in call.metadata if key in _SHOWN}
    name = call.certificate
    if not found and not name:
        return None
    return Shown(found.get("authorization", ""), found.get("x-api-key", ""), name)
