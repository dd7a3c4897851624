"""Connections of HTTP to a loop without models: bounded in size, time and number."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import struct
import weakref
from collections.abc import AsyncIterator, Collection, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import pytest
import uvloop
from credentials import Authority
from uvicorn import Config
from uvicorn.server import ServerState

from deepcat.serving.server import connections
from deepcat.serving.server.connections import Bounds, Connection, leaving, watch

pytestmark = pytest.mark.slow

ANSWER = b"x" * 32 * 2**20
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
T = TypeVar("T")
Ways = tuple[ssl.SSLContext | None, ssl.SSLContext | None]


def run(asked: Coroutine[Any, Any, T]) -> T:
    """What is asked for, on the loop that the server has."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(asked)


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Ways:
    """How to encrypt, for a server and for its client."""
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*authority.sign("server", "server"))
    client = ssl.create_default_context(cafile=str(authority.path))
    return server, client


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Takes the whole body; a GET's answer is large, a PUT's never comes."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
    if scope["method"] == "PUT":
        await receive()
        return
    body = ANSWER if scope["method"] == "GET" else b"ok"
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def served(context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    config = Config(application, access_log=False, lifespan="off", timeout_keep_alive=75)
    state = ServerState()
    loop = asyncio.get_running_loop()
    made = partial(Connection, config, state, {})
    server = await loop.create_server(made, "127.0.0.1", 0, ssl=context)
    watching = asyncio.create_task(watch(state.connections))
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        watching.cancel()
        server.close()
        for each in list(state.connections):
            each.transport.abort()
        await server.wait_closed()


async def answer_to(words: bytes, again: bytes = b"", times: int = 0) -> bytes:
    """The first line of what is answered to words, and to others that come after them."""
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(words)
        for _ in range(times):
            if reader.at_eof() or writer.is_closing():
                break
            writer.write(again)
            await asyncio.sleep(0)
        try:
            return await asyncio.wait_for(reader.readline(), 60)
        except ConnectionError:
            return b"reset"
        finally:
            writer.close()


CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
TRAILERS = CHUNKED + b"2\r\nok\r\n0\r\n"
LATE = [b"HTTP/1.1 408 Request Timeout\r\n"]
# Who still sends may miss what it is told.
REFUSED = [b"HTTP/1.1 431 Request Header Fields Too Large\r\n", b"reset", b""]
LINE = b"a: " + b"b" * 1000 + b"\r\n"


@pytest.mark.parametrize(
    ("words", "again", "times", "said"),
    [
        (POST, LINE, 20, LATE),
        (POST, LINE, 600, REFUSED),
        (POST + b"a: ", b"b" * 1000, 600, REFUSED),
        (TRAILERS, LINE, 600, REFUSED),
        (TRAILERS + b"a: ", b"b" * 1000, 600, REFUSED),
        (TRAILERS + LINE * 20 + b"\r\n", b"", 0, [b"HTTP/1.1 200 OK\r\n"]),
        (CHUNKED, b"1\r\nx\r\n" * 1000, 100, LATE),
    ],
)
def test_headers_are_bounded_wherever_they_come(
    words: bytes, again: bytes, times: int, said: Collection[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BOUNDS", Bounds(head_s=1.0, body_s=1.0))
    found = run(answer_to(words, again, times))
    assert found in said


def test_headers_that_are_pipelined_are_bounded() -> None:
    put = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
    assert run(answer_to(put + POST, LINE, 600)) in REFUSED[1:]


@pytest.mark.parametrize("sent", [0, 16 * 2**20])
def test_who_sent_much_may_rest_no_longer(sent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 16 KiB a second, 16 MiB would be a quarter of an hour."""
    monkeypatch.setattr(connections, "BOUNDS", Bounds(body_s=1.0))
    words = POST + b"Content-Length: %d\r\n\r\n" % (2 * sent + 1) + b"x" * sent
    assert run(answer_to(words)) in LATE


async def _taken(steps: int, pause_s: float, ways: Ways = (None, None)) -> int:
    """The bytes of a large answer that are had by whoever takes it in steps."""
    async with served(ways[0]) as port:
        opened = asyncio.open_connection("127.0.0.1", port, limit=2**16, ssl=ways[1])
        reader, writer = await opened
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        size = 0
        try:
            for _ in range(steps):
                size += len(await reader.readexactly(min(len(ANSWER) - size, 4 * 2**20)))
                await asyncio.sleep(pause_s)
        except (ConnectionError, asyncio.IncompleteReadError):
            return -1
        finally:
            writer.close()
        return size


@pytest.mark.parametrize("encrypted", [False, True])
def test_who_takes_an_answer_slowly_gets_all_of_it(
    encrypted: bool, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BOUNDS", Bounds(write_s=4.0, idle_s=4.0))
    assert run(_taken(8, 0.8, ways if encrypted else (None, None))) == len(ANSWER)


@pytest.mark.parametrize("encrypted", [False, True])
def test_who_takes_nothing_of_an_answer_is_ended(
    encrypted: bool, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BOUNDS", Bounds(write_s=1.0))
    assert run(_taken(8, 4.0, ways if encrypted else (None, None))) == -1


async def _reset() -> bool:
    """Whether a connection that its client reset after an answer is gone at once."""
    async with served() as port:
        loop = asyncio.get_running_loop()
        with socket.create_connection(("127.0.0.1", port)) as opened:
            opened.setblocking(False)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            await loop.sock_sendall(opened, POST + b"Content-Length: 0\r\n\r\n")
            assert await loop.sock_recv(opened, 1000)
            seen = [weakref.ref(each) for each in gc.get_objects() if type(each) is Connection]
        end = loop.time() + 60
        while any(each() for each in seen) and loop.time() < end:
            gc.collect()
            await asyncio.sleep(0.1)
        return bool(seen) and not any(each() for each in seen)


def test_a_connection_that_was_reset_is_held_by_nothing() -> None:
    """uvicorn's timer between two requests would hold it for a minute and a quarter."""
    assert run(_reset())


@dataclass(eq=False)
class _Open:
    name: str
    client: tuple[str, int] | None
    waits_for: str
    since: float


@pytest.mark.parametrize(
    ("connections_", "goes"),
    [
        ("a/next/1 b/next/2 new", "a"),
        ("a/body/1 b/next/2 new", "b"),
        ("a/body/1 b/body/2 new", "a"),
        ("a/answer/1 b/answer/2 new", "new"),
        ("a/answer/1 b/body/2 new", "b"),
        ("one:a/next/1 two:b/next/3 two:c/body/2 new", "b"),
        ("one:a/next/1 two:b/body/3 two:c/body/2 new", "c"),
    ],
)
def test_which_connection_goes(connections_: str, goes: str) -> None:
    def opened(text: str) -> _Open:
        address, _, rest = text.rpartition(":")
        name, waits, since = (*rest.split("/"), "head", "9")[:3]
        return _Open(name, (address, 1) if address else None, waits, float(since))

    found = [opened(text) for text in connections_.split()]
    assert leaving(found[-1], found).name == goes
