"""Answers of the web, held against the library's."""

from __future__ import annotations

import http.client
import io
from typing import Any

import pytest

from deepcat.host.data.answer import Answer


class Heard:
    """A connection on which all was heard already."""

    def __init__(self, said: bytes) -> None:
        self.said = said

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self.said)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef",
        b"HTTP/1.1 200 OK\r\ncontent-LENGTH:3\r\nContent-Length: 5\r\n\r\nabcdef",
        b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc",
        b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 200 OK\nContent-Length: 3\n\nabc",
        b"HTTP/1.1 204 None\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://a\r\n b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 206 Part\r\nContent-Range: bytes 3-5/6\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 101 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 65_536 + b"\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"",
    ],
)  # fmt: skip
def test_a_head_means_what_the_library_says(said: bytes) -> None:
    def read(kind: type[http.client.HTTPResponse]) -> tuple[Any, ...]:
        answer = kind(Heard(said))  # type: ignore[arg-type]
        try:
            answer.begin()
        except http.client.HTTPException as error:
            return (type(error), str(error))
        # A field that goes on in another line is of no matter for what follows.
        fields = [
            " ".join((answer.headers.get(name) or "").split())
            for name in ("Location", "Content-Range", "Content-Length")
        ]
        known = (answer.status, answer.reason, answer.version, answer.chunked, answer.will_close)
        return (*known, answer.length, fields, answer.read())

    assert read(Answer) == read(http.client.HTTPResponse)


@pytest.mark.parametrize(
    "said",
    [
        b"Content-Length: 5\r\n\r\nabcdefgh",
        b"Content-Length: 5\r\n\r\nabc",
        b"Content-Length: 0\r\n\r\nabc",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        b"\r\nabcde",
    ],
)
@pytest.mark.parametrize("room", [1, 2, 100])
def test_an_answer_is_read_into_room_as_it_is_read(said: bytes, room: int) -> None:
    answers = []
    for _ in range(2):
        answer = Answer(Heard(b"HTTP/1.1 200 OK\r\n" + said))  # type: ignore[arg-type]
        answer.begin()
        answers.append(answer)
    into, found = bytearray(room), b""
    while count := answers[0].read_into(memoryview(into)):
        found += into[:count]
    known = b""
    while chunk := answers[1].read1(room):
        known += chunk
    assert found == known
