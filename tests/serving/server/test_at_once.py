"""Requests by HTTP that are answered where they are read, beside those that need a task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import uvloop
from uvicorn import Config
from uvicorn.server import ServerState

from deepcat.serving.server.connections import Connection
from deepcat.serving.server.faces import Answer


class Echo:
    """Answers what it was asked, and how: bodies that begin with `q` at once."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        body = b"task:" + body
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})

    def at_once(self, scope: Any) -> Callable[[bytes], Answer | None]:
        assert scope["method"] == "POST"
        return lambda body: Answer(200, b"once:" + body, ()) if body.startswith(b"q") else None


# The head of a request that is not whole: two lengths are none.
SPLIT = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nX: "


def post(body: bytes, *headers: bytes, version: bytes = b"1.1") -> bytes:
    lines = [b"POST / HTTP/" + version, b"Host: a", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"", body])


async def said(pieces: list[bytes]) -> bytes:
    """All that a server answers to pieces that are sent one by one, until it has nothing more."""
    loop, state = asyncio.get_running_loop(), ServerState()
    config = Config(Echo(), access_log=False, lifespan="off", proxy_headers=False)
    server = await loop.create_server(partial(Connection, config, state, {}), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    answers = b""
    for piece in pieces:
        before = state.total_requests
        writer.write(piece)
        await writer.drain()
        ends = piece is pieces[-1]
        while not ends and state.total_requests == before and not _has_begun(state):
            await asyncio.sleep(0.001)
    writer.write_eof()
    answers = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    server.close()
    return answers


def _has_begun(state: ServerState) -> bool:
    """Whether a request waits for the rest of its body."""
    return any(each.cycle is not None and each.cycle.more_body for each in state.connections)


def bodies(answers: bytes) -> list[bytes]:
    found = []
    # So it looks whether a client that says no more still listens.
    answers = answers.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
    while answers:
        head, _, rest = answers.partition(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        found.append(rest[:size])
        answers = rest[size:]
    return found


@pytest.mark.parametrize(
    ("pieces", "wanted"),
    [
        ([post(b"q1")], [b"once:q1"]),
        ([post(b"x")], [b"task:x"]),
        ([post(b"q1"), post(b"x"), post(b"q2")], [b"once:q1", b"task:x", b"once:q2"]),
        ([post(b"q1") + post(b"x") + post(b"q2")], [b"once:q1", b"task:x", b"task:q2"]),
        ([post(b"x") + post(b"q1")], [b"task:x", b"task:q1"]),
        ([post(b"q1")[:-1], b"1"], [b"task:q1"]),
        ([post(b"q" * 20000)], [b"task:" + b"q" * 20000]),
        ([post(b"q", b"Connection: close")], [b"once:q"]),
        ([post(b"q", version=b"1.0")], [b"once:q"]),
        ([post(b"q")] * 3, [b"once:q"] * 3),
        ([post(b"q1"), post(b"q2"), post(b"x1"), post(b"q3")],
         [b"once:q1", b"once:q2", b"task:x1", b"once:q3"]),
        ([post(b"q1"), post(b"q2"), post(b"q3")[:-1], b"3"],
         [b"once:q1", b"once:q2", b"task:q3"]),
        ([post(b"q1"), post(b"q2"), post(b"q3") + post(b"q4"), post(b"q5")],
         [b"once:q1", b"once:q2", b"once:q3", b"once:q4", b"once:q5"]),
        ([post(b"q1"), post(b"q1"), post(b"q2") + SPLIT, post(b"q1")],
         [b"once:q1", b"once:q1", b"once:q2", b"Invalid HTTP request received."]),
        ([post(b"q1"), post(b"q1") + post(b"q1"), post(b"q2")],
         [b"once:q1"] * 3 + [b"once:q2"]),
    ],
    ids=[
        "quick", "slow", "one after the other", "a slow one between", "behind a slow one",
        "in two pieces", "large", "the last", "of an old client", "three", "slow of a known head",
        "a known head in two pieces", "two of a known head", "a known head within another",
        "a known head twice",
    ],
)  # fmt: skip
def test_each_is_answered_in_its_turn(pieces: list[bytes], wanted: list[bytes]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert bodies(runner.run(said(pieces))) == wanted


def test_so_many_at_once_and_the_others_by_tasks() -> None:
    """Those of one piece of data do not keep other connections waiting."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = bodies(runner.run(said([b"".join(post(b"q%d" % each) for each in range(12))])))
    assert [each[5:] for each in found] == [b"q%d" % each for each in range(12)]
    assert [each[:5] for each in found] == [b"once:"] * 8 + [b"task:"] * 4


def test_the_last_answer_says_so() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        told = runner.run(said([post(b"q", b"Connection: close") + post(b"q")]))
    assert b"connection: close\r\n" in told
    assert bodies(told) == [b"once:q"]
