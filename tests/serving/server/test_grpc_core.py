"""gRPC's core: where a call is answered, what is refused, and how a server ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

grpc = pytest.importorskip("grpc")

PATH = "/s.S/M"


def talked(
    answer: Any, at_once: Any, ask: Callable[[Any, Any], Awaitable[Any]], most: int | None = None
) -> Any:
    """What `ask` returns of a channel and the server whose one method is answered so."""
    from deepcat.serving.server.grpc_call import Method
    from deepcat.serving.server.grpc_core import Core

    async def live() -> Any:
        core = Core({PATH: Method(answer, at_once)}, (), most)
        port = core.add_port("127.0.0.1:0")
        core.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            try:
                return await asyncio.wait_for(ask(channel, core), 60)
            finally:
                await core.stop(0)

    return asyncio.run(live())


async def one(channel: Any, path: str = PATH) -> tuple[str, str]:
    """The status of a call, and its answer or what its error says."""
    try:
        return "OK", (await channel.unary_unary(path)(b"x", timeout=60)).decode()
    except grpc.aio.AioRpcError as error:
        return error.code().name, error.details()


async def on_the_loop(call: Any) -> None:
    data = await call.read()
    call.end(data + threading.current_thread().name.encode())


async def broken(_call: Any) -> None:
    raise ValueError


def bad(_data: bytes, _deadline: float) -> bytes:
    raise ValueError


@pytest.mark.parametrize(
    ("answer", "at_once", "path", "told"),
    [
        (on_the_loop, None, PATH, ("OK", "xMainThread")),
        (on_the_loop, lambda *_: None, PATH, ("OK", "xMainThread")),
        (on_the_loop, lambda data, _: data + b"!", PATH, ("OK", "x!")),
        (on_the_loop, bad, PATH, ("INTERNAL", "Internal error of the server")),
        (broken, None, PATH, ("INTERNAL", "Internal error of the server")),
        (on_the_loop, None, "/s.S/N", ("UNIMPLEMENTED", "Method not found!")),
    ],
    ids=["loop", "it must wait", "at once", "a fault at once", "a fault", "no method"],
)
def test_an_answer(answer: Any, at_once: Any, path: str, told: tuple[str, str]) -> None:
    assert talked(answer, at_once, lambda channel, _: one(channel, path)) == told


def test_what_its_client_leaves_is_cancelled_and_forgotten() -> None:
    left = asyncio.Event()

    async def waits(_call: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    async def leave(channel: Any, core: Any) -> int:
        call = channel.unary_unary(PATH)(b"x")
        while not core.calls:
            await asyncio.sleep(0.01)
        call.cancel()
        await left.wait()
        while core.calls:
            await asyncio.sleep(0.01)
        return len(core.calls)

    assert talked(waits, None, leave) == 0


def test_more_calls_than_may_be_are_refused() -> None:
    async def waits(call: Any) -> None:
        await asyncio.Event().wait()

    async def two(channel: Any, core: Any) -> tuple[str, str]:
        first = channel.unary_unary(PATH)(b"x")
        while not core.calls:
            await asyncio.sleep(0.01)
        told = await one(channel)
        first.cancel()
        return told

    refused = ("RESOURCE_EXHAUSTED", "Concurrent RPC limit exceeded!")
    assert talked(waits, None, two, most=1) == refused


def test_an_end_cuts_off_what_lasts() -> None:
    async def waits(_call: Any) -> None:
        await asyncio.Event().wait()

    async def end(channel: Any, core: Any) -> tuple[str, int]:
        call = channel.unary_unary(PATH)(b"x", timeout=60)
        while not core.calls:
            await asyncio.sleep(0.01)
        await core.stop(0.05)
        return (await call.code()).name, len(core.calls)

    assert talked(waits, None, end) == ("UNAVAILABLE", 0)
