"""What an API server, or who stands in its place, may answer, and what it is sent."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pods.given import cloud, means

from deepcat.clouds.kinds.kubernetes import edge
from deepcat.clouds.kinds.kubernetes.refused import RefusedError

pytestmark = pytest.mark.starts("a server")
TOKEN = "planted-token-1234567890"
PACKED = gzip.compress(b" " * 3_000_000, mtime=0)
Heard = list[tuple[str, str, str]]


class Server(BaseHTTPRequestHandler):
    """Answers what the test says."""

    says: Callable[[BaseHTTPRequestHandler], None]
    heard: Heard

    def do_GET(self) -> None:
        self.heard.append((self.command, self.path, self.headers.get("Authorization", "")))
        type(self).says(self)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def served() -> Iterator[Callable[..., tuple[int, Heard]]]:
    """Start a server that answers so; gives its port and what it heard."""
    begun: list[ThreadingHTTPServer] = []

    def start(says: Callable[[BaseHTTPRequestHandler], None]) -> tuple[int, Heard]:
        heard: Heard = []
        own = type("Own", (Server,), {"says": staticmethod(says), "heard": heard})
        server = ThreadingHTTPServer(("127.0.0.1", 0), own)
        begun.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server.server_port, heard

    yield start
    for server in begun:
        server.shutdown()
        server.server_close()


@pytest.fixture
def asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Any]]:
    """A cluster at a port, by a planted token."""
    monkeypatch.setenv("LAB_TOKEN", TOKEN)
    begun: list[edge.Cluster] = []

    def made(port: int) -> edge.Cluster:
        own = {"server": f"http://127.0.0.1:{port}", "token": "env:LAB_TOKEN"}
        begun.append(edge.Cluster(cloud(own, "lab"), means(tmp_path)))
        return begun[-1]

    yield made
    for each in begun:
        each.close()


def saying(status: int, body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def say(to: BaseHTTPRequestHandler) -> None:
        to.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            to.send_header(name.replace("_", "-"), value)
        to.end_headers()
        to.wfile.write(body)

    return say


def test_the_token_goes_to_the_server_and_nobody_is_followed(served: Any, asks: Any) -> None:
    elsewhere, never = served(saying(200, b"{}"))
    port, heard = served(saying(307, b"", Location=f"http://127.0.0.1:{elsewhere}/stolen"))
    with pytest.raises(RefusedError):
        asks(port).ask("GET", "/api")
    assert heard == [("GET", "/api", f"Bearer {TOKEN}")]
    assert never == []


@pytest.mark.parametrize(
    ("status", "body", "headers", "words"),
    [
        (200, b"<html>", {}, "<html>"),
        (200, b"[]", {}, "no object"),
        (200, b"[" * 100_000, {}, "[[["),
        (200, b"{}", {"Content_Length": "9000"}, "IncompleteRead"),
        (200, b" " * 3_000_000, {}, "it says more than 1 MiB at once"),
        (200, PACKED, {"Content_Encoding": "gzip"}, "it says more than 1 MiB at once"),
        (200, b"none", {"Content_Encoding": "gzip"}, "does not answer"),
        (500, b"\xff\xfe", {}, "the cluster says"),
    ],
)
def test_an_answer_of_another_form_is_a_refusal(
    served: Any,
    asks: Any,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: bytes,
    headers: dict[str, str],
    words: str,
) -> None:
    monkeypatch.setattr(edge, "_MOST_BYTES", 1 << 20)
    port, _ = served(saying(status, body, **headers))
    with pytest.raises(RefusedError) as caught:
        asks(port).ask("GET", "/api")
    assert words in caught.value.message
    assert len(caught.value.message) < 700


def test_a_list_that_never_ends_is_left(
    served: Any, asks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "_MOST_PAGES", 3)
    more = json.dumps({"items": [{}], "metadata": {"continue": "more"}}).encode()
    port, heard = served(saying(200, more))
    with pytest.raises(RefusedError, match="does not end"):
        asks(port).list("/api/v1/pods")
    assert len(heard) == 3


def test_what_is_no_list_tells_of_nothing_and_not_that_nothing_is_there(
    served: Any, asks: Any
) -> None:
    port, _ = served(saying(200, b'{"kind": "Status"}'))
    with pytest.raises(RefusedError, match="is no list"):
        asks(port).list("/api/v1/pods")


def test_a_log_is_told_in_bounded_lines(
    served: Any, asks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "_MOST_LINE", 8_192)
    port, _ = served(saying(200, b"one\ntwo\n" + b"x" * 100_000))
    told = list(asks(port).lines("/log", {}))
    assert told[:2] == ["one", "two"]
    assert sum(map(len, told[2:])) == 100_000
    assert max(map(len, told)) < 20_000


def test_a_log_that_is_cut_off_is_said(served: Any, asks: Any) -> None:
    port, _ = served(saying(200, b"one\n", Content_Length="100"))
    with pytest.raises(RefusedError, match="IncompleteRead"):
        list(asks(port).lines("/log", {}))
