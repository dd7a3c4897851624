"""When a message by gRPC is received: once its caller may send it, and only for so long."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

grpc = pytest.importorskip("grpc")

CALL = "/test.Echo/Say"


async def nothing() -> AsyncIterator[bytes]:
    """A message that never comes."""
    await asyncio.Event().wait()
    yield b""


async def ended() -> AsyncIterator[bytes]:
    """No message at all."""
    none: list[bytes] = []
    for each in none:
        yield each


async def one() -> AsyncIterator[bytes]:
    from deepcat.serving.contract.protos import get_model_status_pb2

    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "m"
    yield request.SerializeToString()


def echo(depth: int = -1) -> Any:
    """A method that says the name it is told."""
    from deepcat.serving.contract.protos import get_model_status_pb2
    from deepcat.serving.server.grpc_api import Method

    def said(request: Any, _timeout_ms: int) -> bytes:
        return bytes(request.model_spec.name.encode())

    return Method("test.Echo", "Say", get_model_status_pb2.GetModelStatusRequest, said, depth)


async def asked(access: Any, messages: Any, *headers: tuple[str, str]) -> tuple[str, str]:
    """The status of a call and what its answer or its error says."""
    from deepcat.serving.server.admission import Admission, Room
    from deepcat.serving.server.grpc_server import Gates, server

    admission = Admission(Room(1, 8, 8), asyncio.get_running_loop())
    made = server([echo()], Gates(access, admission, tuple, message_s=0.2), 2**20)
    port = made.add_port("127.0.0.1:0")
    made.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.stream_unary(CALL)(messages, metadata=headers, timeout=60)
            try:
                return "OK", (await call).decode()
            except grpc.aio.AioRpcError as error:
                return error.code().name, error.details()
    finally:
        await made.stop(0)


def test_no_message_is_waited_for_without_a_key(tmp_path: Path) -> None:
    from deepcat.serving.server.access import Access
    from deepcat.serving.server.keys import Keys, new_key
    from deepcat.serving.server.limits import FREE

    key, lines = new_key("ada")
    (tmp_path / "keys.toml").write_text(lines)
    access = Access(Keys(tmp_path / "keys.toml", FREE))
    refused = ("UNAUTHENTICATED", "This server asks for a key or a token")
    assert asyncio.run(asked(access, nothing())) == refused
    assert asyncio.run(asked(access, one(), ("x-api-key", key))) == ("OK", "m")


@pytest.mark.parametrize(
    ("messages", "answer"),
    [
        (one, ("OK", "m")),
        (nothing, ("DEADLINE_EXCEEDED", "The message did not come in 0.2 seconds")),
        (ended, ("INVALID_ARGUMENT", "The call has no message")),
    ],
)
def test_how_long_a_message_may_take(messages: Any, answer: tuple[str, str]) -> None:
    from deepcat.serving.server.access import Access

    assert asyncio.run(asked(Access(), messages())) == answer


async def crowded(depth: int) -> list[str]:
    """What becomes of three messages that come slowly while memory is short, the oldest first."""
    from deepcat.serving.server.access import Access
    from deepcat.serving.server.admission import Admission, Room
    from deepcat.serving.server.grpc_server import Gates, server

    admission, told = Admission(Room(1), asyncio.get_running_loop()), asyncio.Event()
    asked_with: list[int] = []

    def is_short(slow: int) -> bool:
        asked_with.append(slow)
        return slow == 3

    async def at_last() -> AsyncIterator[bytes]:
        await told.wait()
        async for each in one():
            yield each

    made = server([echo(depth)], Gates(Access(), admission, tuple, crowded=is_short), 2**20)
    port = made.add_port("127.0.0.1:0")
    made.start()
    calls = []
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            for count in range(1, 4):
                calls.append(channel.stream_unary(CALL)(at_last(), timeout=120))
                while count not in asked_with:
                    await asyncio.sleep(0.01)
            ended = [str(each.code().name) for each in [await _over(call) for call in calls[1:]]]
            told.set()
            return [(await calls[0]).decode(), *ended]
    finally:
        await made.stop(0)


async def _over(call: Any) -> Any:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


@pytest.mark.parametrize("depth", [-1, 1])
def test_of_slow_messages_the_oldest_goes_on_where_memory_is_short(depth: int) -> None:
    """Those that are awaited on the event loop, and those in gRPC's own thread."""
    said = asyncio.run(crowded(depth))
    assert said == ["m", "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED"]


async def forgotten() -> int:
    """How many calls a server still has of a client that went while the event loop was busy."""
    from deepcat.serving.server.access import Access
    from deepcat.serving.server.admission import Admission, Room
    from deepcat.serving.server.grpc_server import Gates, server

    admission = Admission(Room(1), asyncio.get_running_loop())
    made = server([echo()], Gates(Access(), admission, tuple), 2**20)
    port = made.add_port("127.0.0.1:0")
    made.start()

    def ask() -> None:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(60)
            with pytest.raises(grpc.RpcError):
                channel.unary_unary(CALL)(b"", timeout=0.05)

    end = time.monotonic() + 60
    asking = threading.Thread(target=ask)
    asking.start()
    asking.join(60)
    while made.calls and not all(call._closed for call in made.calls):
        assert time.monotonic() < end
        time.sleep(0.01)
    while made.calls and time.monotonic() < end:
        await asyncio.sleep(0.01)
    count = len(made.calls)
    if not count:  # its end waits for all of them
        await made.stop(0)
    return count


def test_a_client_that_went_before_its_call_was_begun_leaves_nothing() -> None:
    assert asyncio.run(forgotten()) == 0
