"""Receivers on this machine: a web server and a mail server, each keeping what it gets."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Received:
    """What came, and how it is answered."""

    url: str = ""
    answers: list[tuple[int, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def events(self) -> list[tuple[str, str]]:
        rows: list[dict[str, Any]] = [json.loads(body) for body in self.bodies]
        return [(row["type"], row["data"]["deployment"]) for row in rows]


@pytest.fixture
def web() -> Iterator[Received]:
    """A web server."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            received.headers.append({name.lower(): text for name, text in self.headers.items()})
            status, where = received.answers.pop(0) if received.answers else (204, "")
            self.send_response(status)
            if where:
                self.send_header("Location", where)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        received.url = f"http://127.0.0.1:{port}/hook?team=a"
        yield received


@pytest.fixture
def mail() -> Iterator[Received]:
    """A mail server that knows just what a client needs."""
    received = Received()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 ready")
            while line := self.rfile.readline().decode().strip():
                if line.upper() == "DATA":
                    self.say("354 go on")
                    received.bodies.append(self.letter())
                self.say("221 bye" if line.upper() == "QUIT" else "250 ok")
                if line.upper() == "QUIT":
                    return

        def letter(self) -> bytes:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line)
            return b"".join(lines)

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        received.url = (
            f"mailto://127.0.0.1:{port}/?mode=insecure&from=deepcat@example.org&to=ops@example.org"
        )
        yield received


class served:
    """A server that runs while this is open; gives its port."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> int:
        self.thread.start()
        port: int = self.server.server_address[1]
        return port

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def said() -> tuple[list[str], Callable[[str], None]]:
    """What could not be sent."""
    lines: list[str] = []
    return lines, lines.append
