"""Content codings: undone in any case and order, chosen by weight, bounded at each step."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
import zlib
from functools import partial
from typing import Any

import pytest

from deepcat.serving.server import edge
from deepcat.serving.server.coding import (
    CodingError,
    TooLargeError,
    chosen,
    codings,
    decoded,
    packed,
)


def _raw(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


BODY = b'{"instances": [1.0]}'
# Without the time: a test is named by its values, and has one name in all processes.
_gzip = partial(gzip.compress, mtime=0)


@pytest.mark.parametrize(
    ("values", "body"),
    [
        (["gzip"], _gzip(BODY)),
        (["GZIP"], _gzip(BODY)),
        (["x-gzip"], _gzip(BODY)),
        (["deflate"], zlib.compress(BODY)),
        (["Deflate"], _raw(BODY)),
        (["identity"], BODY),
        ([""], BODY),
        (["gzip, deflate"], zlib.compress(_gzip(BODY))),
        (["deflate", "gzip"], _gzip(zlib.compress(BODY))),
        (["gzip"], _gzip(BODY[:5]) + _gzip(BODY[5:])),
        (["gzip"], _gzip(b"") * 4095 + _gzip(BODY)),
    ],
)
def test_a_body_comes_out_as_it_was(values: list[str], body: bytes) -> None:
    assert decoded(body, codings(values), 1000) == BODY


@pytest.mark.parametrize(
    ("values", "body", "status"),
    [
        (["br"], b"", 415),
        (["gzip, zstd"], b"", 415),
        (["gzip," * 5], b"", 415),
        (["gzip"], BODY, 400),
        (["gzip"], b"", 400),
        (["gzip"], _gzip(BODY)[:-3], 400),
        (["gzip"], _gzip(BODY) + b"more", 400),
        (["gzip"], _gzip(b"") * 4097, 400),
        (["deflate"], b"\xff" * 9, 400),
    ],
)
def test_a_body_that_is_not_what_it_says(values: list[str], body: bytes, status: int) -> None:
    with pytest.raises(CodingError) as caught:
        decoded(body, codings(values), 1000)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("values", "body"),
    [
        (["gzip"], _gzip(b" " * 1001)),
        (["gzip"], _gzip(b" " * 600) * 2),
        (["deflate"], zlib.compress(b" " * 1001)),
        (["gzip, gzip"], _gzip(_gzip(b" " * 2**20, 0))),
    ],
)
def test_no_body_expands_beyond_the_limit(values: list[str], body: bytes) -> None:
    with pytest.raises(TooLargeError):
        decoded(body, codings(values), 1000)


def _bomb(times: int, size: int) -> bytes:
    body = b" " * size
    for _ in range(times):
        body = _gzip(body)
    return body


@pytest.mark.parametrize(
    ("body", "applied", "threads"),
    [
        (_gzip(BODY), ["gzip"], {"loop"}),
        (_bomb(1, 2**16), ["gzip"], {"loop"}),
        (_bomb(1, 2**16 + 1), ["gzip"], {"loop", "decode"}),
        (_bomb(3, 2**22), ["gzip"] * 3, {"loop", "decode"}),
        (_gzip(bytes(2**17), 0), ["gzip"], {"decode"}),
    ],
)
def test_what_comes_out_large_is_decoded_beside_the_loop(
    body: bytes, applied: list[str], threads: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, int] = {}

    def watched(body: bytes, applied: tuple[str, ...], limit: int) -> bytes:
        here = "decode" if threading.current_thread().name.startswith("decode") else "loop"
        seen[here] = limit
        return decoded(body, applied, limit)

    monkeypatch.setattr(edge.coding, "decoded", watched)
    found = asyncio.run(edge._decoded(body, tuple(applied), 2**26))
    assert found == decoded(body, applied, 2**26)
    assert set(seen) == threads
    assert seen.get("loop", 2**16) == 2**16


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("GZip, deflate", "gzip"),
        ("x-gzip", "gzip"),
        ("deflate", "deflate"),
        ("gzip;q=0.3, deflate;q=0.7", "deflate"),
        ("gzip; q=0", ""),
        ("*", "gzip"),
        ("*, gzip;q=0", "deflate"),
        ("*;q=0", ""),
        ("br, zstd", ""),
        ("identity, gzip;q=0.5", ""),
        ("identity;q=0.2, gzip;q=0.5", "gzip"),
        ("gzip;q=x", ""),
    ],
)
def test_the_coding_of_an_answer(accepted: str, coding: str) -> None:
    assert chosen(accepted) == coding


def test_what_saves_little_is_left_as_it_is() -> None:
    assert packed(bytes(range(256)) * 2, "gzip") is not None
    assert packed(zlib.compress(bytes(range(256))), "gzip") is None


@pytest.mark.tensorflow
def test_a_server_speaks_codings(linear: Any) -> None:
    body = _gzip(json.dumps({"instances": [1.0] * 5000}).encode())
    path = "/v1/models/linear:predict"
    asked = {"Content-Encoding": "GZIP", "Accept-Encoding": "br, gzip"}
    answer = linear.ask("POST", path, body, asked)
    assert answer.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(answer.body)) == {"predictions": [2.5] * 5000}
    plain = linear.ask("POST", path, body, {"Content-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert plain.json == {"predictions": [2.5] * 5000}
    refused = linear.ask("POST", path, body, {"Content-Encoding": "br"})
    assert refused.status == 415
    assert refused.headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.tensorflow
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_who_says_no_more_still_gets_an_answer(linear: Any, version: str) -> None:
    request = (
        f"POST /v1/models/linear:predict HTTP/{version}\r\nHost: x\r\n"
        f"Content-Length: {len(BODY)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", linear.rest_port), timeout=60) as raw:
        raw.sendall(request.encode() + BODY)
        raw.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: raw.recv(4096), b""))
    assert b" 200 OK" in answer
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2]) == {"predictions": [2.5]}
