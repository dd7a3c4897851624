"""What a protocol over HTTP is to the server: a face, which takes some paths and answers requests.

Every face asks the same core (`models`), so that one deployment speaks several protocols on one
port. A face computes in a thread of the server's workers; it neither reads sockets nor decides who
may call.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple, Protocol

Headers = Sequence[tuple[bytes, bytes]]
JSON: Headers = ((b"content-type", b"application/json"),)
TEXT: Headers = ((b"content-type", b"text/plain"),)


class Request(NamedTuple):
    """One request as it came, its body whole and its content coding undone.

    Attributes:
        verb: the method, in capitals.
        path: as it stands in the request line, still quoted, without the query.
        query: what follows the question mark, still quoted.
        headers: names in small letters.
        body: its bytes.
        deadline: until when it is to be answered, by `time.monotonic`; 0 for no bound.
    """

    verb: str
    path: str
    body: bytes = b""
    query: bytes = b""
    headers: Headers = ()
    deadline: float = 0.0

    @property
    def timeout_ms(self) -> int:
        """The milliseconds that are left, at least one; 0 for no bound."""
        return left_ms(self.deadline)


class Answer(NamedTuple):
    """What goes back; the length is added by whoever sends it."""

    status: int
    body: bytes
    headers: Headers = JSON


def left_ms(deadline: float) -> int:
    """The milliseconds until a time of `time.monotonic`, at least one; 0 for no bound."""
    return max(1, int((deadline - time.monotonic()) * 1000)) if deadline else 0


class Face(Protocol):
    """One protocol.

    Attributes:
        light: whether reading a request and writing its answer takes no more time than their size
            says; such a face may be asked on the event loop where the model is quick.
    """

    light: bool

    def takes(self, path: str) -> bool:
        """Whether a path is its own; the first face that says so answers."""

    def respond(self, request: Request) -> Answer:
        """The answer; every fault of a client or a model is an answer too."""
