"""What gRPC servers answer beside their own services: health, and reflection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2

# Importing a service's module puts what it takes and gives into the pool that reflection reads.
from deepcat.serving.contract.protos import model_service_pb2, prediction_service_pb2
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.server.grpc_call import Call, Method
from deepcat.serving.server.openinference import messages as openinference

_LOOK_S = 1.0
_HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"]
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


@dataclass(frozen=True, slots=True)
class Wellness:
    """What health is told of.

    Attributes:
        models: the names of the models that are served, as they are now.
        waits_for: what cannot be asked yet; empty when everything can.
        is_closed: whether callers must say who they are, so that models are not named to others.
        is_ending: whether the server is, which waits for no one who only looks on.
    """

    models: Callable[[], Collection[str]]
    waits_for: Callable[[], Sequence[str]]
    is_closed: bool = False
    is_ending: Callable[[], bool] = lambda: False


class Health:
    """gRPC's health protocol: of the server as a whole, of each service, and of each model."""

    def __init__(self, wellness: Wellness, services: Collection[str]) -> None:
        self._wellness = wellness
        self._services = frozenset(services)

    def check(self, request: Any) -> Any:
        """The state now; raises ServingError."""
        state = self._state(request.service)
        if state == _UNKNOWN:
            raise ServingError(Code.NOT_FOUND, f"unknown service {request.service}")
        return health_pb2.HealthCheckResponse(status=state)

    async def watch(self, request: Any) -> AsyncIterator[Any]:
        """The state now, and whenever it changes, until the server ends."""
        told, is_last = None, False
        while not is_last:
            is_last = self._wellness.is_ending()
            state = self._state(request.service)
            if state != told:
                told = state
                yield health_pb2.HealthCheckResponse(status=state)
            if not is_last:
                await asyncio.sleep(_LOOK_S)

    def list(self, _request: Any) -> Any:
        """The states of all that may be asked for."""
        named = () if self._wellness.is_closed else self._wellness.models()
        response = health_pb2.HealthListResponse()
        for name in ("", *sorted(self._services), *sorted(named)):
            response.statuses[name].status = self._state(name)
        return response

    def _state(self, service: str) -> int:
        waits = self._wellness.waits_for()
        if not service or service in self._services:
            return int(_NOT_SERVING if waits or self._wellness.is_ending() else _SERVING)
        if self._wellness.is_closed or service not in self._wellness.models():
            return int(_UNKNOWN)
        waits_or_ends = service in waits or self._wellness.is_ending()
        return int(_NOT_SERVING if waits_or_ends else _SERVING)


class _Pool:
    """The pools of descriptors, as one."""

    def __init__(self) -> None:
        self._pools = (descriptor_pool.Default(), openinference.FILE.pool)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def find(*arguments: Any) -> Any:
            for pool in self._pools[:-1]:
                try:
                    return getattr(pool, name)(*arguments)
                except KeyError:
                    continue
            return getattr(self._pools[-1], name)(*arguments)

        return find


async def _until(is_ending: Callable[[], bool], call: Call) -> AsyncIterator[bytes]:
    """The messages of a call, until the server ends: whoever is silent does not hold it up."""
    while True:
        read = asyncio.ensure_future(call.read())
        while not (await asyncio.wait({read}, timeout=_LOOK_S))[0]:
            if is_ending():
                read.cancel()
                return
        data = await read
        if data is None:
            return
        yield data


def _read(request: Any, data: bytes | None) -> Any:
    if data is None:
        raise invalid("The call has no message")
    try:
        return request.FromString(data)
    except DecodeError as error:
        raise invalid(str(error)) from None


def _one(request: Any, answer: Callable[[Any], Any]) -> Method:
    """A method of one message and one answer."""

    async def answered(call: Call) -> None:
        given = _read(request, await call.read())
        call.end(answer(given).SerializeToString())

    return Method(answered)


def _watch(health: Health) -> Method:
    async def answered(call: Call) -> None:
        request = _read(health_pb2.HealthCheckRequest, await call.read())
        async for answer in health.watch(request):
            await call.send(answer.SerializeToString())
        call.end()

    return Method(answered)


def _reflection(names: Sequence[str], is_ending: Callable[[], bool]) -> Method:
    servicer = reflection.aio.ReflectionServicer(names, pool=_Pool())

    async def answered(call: Call) -> None:
        requests = (
            _read(reflection_pb2.ServerReflectionRequest, data)
            async for data in _until(is_ending, call)
        )
        async for answer in servicer.ServerReflectionInfo(requests, None):
            await call.send(answer.SerializeToString())
        call.end()

    return Method(answered)


def standard(wellness: Wellness) -> dict[str, Method]:
    """Health, and reflection where anyone may ask it, by their paths."""
    services = [
        prediction_service_pb2.DESCRIPTOR.services_by_name["PredictionService"].full_name,
        model_service_pb2.DESCRIPTOR.services_by_name["ModelService"].full_name,
        openinference.SERVICE,
    ]
    health, known = Health(wellness, services), _HEALTH.full_name
    methods = {
        f"/{known}/Check": _one(health_pb2.HealthCheckRequest, health.check),
        f"/{known}/List": _one(health_pb2.HealthListRequest, health.list),
        f"/{known}/Watch": _watch(health),
    }
    if not wellness.is_closed:
        names = [*services, known, reflection.SERVICE_NAME]
        path = f"/{reflection.SERVICE_NAME}/ServerReflectionInfo"
        methods[path] = _reflection(names, wellness.is_ending)
    return methods
