"""The `_headers` file that the build writes, and how `site serve` keeps to it."""

from __future__ import annotations

import socket
import struct
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepcat_site.html import headers
from deepcat_site.serve import server


def test_rules_by_path() -> None:
    content = headers.text(("https://model.example",))
    page = headers.of(content, "/modules/x/")
    assert "https://model.example" in page["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in page
    card = headers.of(content, "/embed/")
    assert "frame-ancestors *" in card["Content-Security-Policy"]
    assert "https://model.example" not in card["Content-Security-Policy"]
    assert headers.of(content, "/api/v1/index.json")["Access-Control-Allow-Origin"] == "*"
    assert "immutable" in headers.of(content, "/assets/1a/deepcat.js")["Cache-Control"]


def test_a_rule_can_be_taken_back() -> None:
    content = "/*\n  A: 1\n  B: 2:3\n/x/*\n  ! A\n"
    assert headers.of(content, "/x/y") == {"B": "2:3"}
    assert headers.of(content, "/y") == {"A": "1", "B": "2:3"}
    assert headers.of("", "/") == {}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "index.html").write_text("<p>home</p>")
    (tmp_path / "embed").mkdir()
    (tmp_path / "embed/index.html").write_text("<p>card</p>")
    (tmp_path / "_headers").write_text(headers.text(("https://model.example",)))
    with server(tmp_path, dict) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


@pytest.mark.starts("a server")
def test_the_server_sends_what_the_file_says(address: str) -> None:
    with urllib.request.urlopen(f"{address}/?q=1") as answer:
        assert "https://model.example" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-cache"
    with urllib.request.urlopen(f"{address}/embed/?module=x") as answer:
        assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{address}/nothing")
    assert refused.value.code == 404
    assert refused.value.headers["X-Content-Type-Options"] == "nosniff"
    refused.value.close()


@pytest.mark.starts("a server")
def test_a_browser_that_leaves_is_no_error(address: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Many connections are reset at once; then the server still answers, and has said nothing."""
    where = ("127.0.0.1", int(address.rpartition(":")[2]))
    for _ in range(20):
        with socket.create_connection(where) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == b"<p>home</p>"
    assert capfd.readouterr().err == ""
