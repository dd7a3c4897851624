"""Heads that no client should send, and requests that end in their midst."""

from __future__ import annotations

import random
import re
import socket
import struct

from hostile.behaved import QUESTION
from hostile.target import Shot, Target

PATHS = (
    "/v1/models/half:predict", "/v1/models/half:classify", "/v1/models/half:regress",
    "/v1/models/half/versions/123:predict", "/v1/models/half/metadata", "/v1/models/half",
    "/v1/models/%00:predict", "/v1/models/half/labels/x:predict", "/v2/models/half/predict/",
    "/v2/models/half/infer", "/v2/models/half", "/v2/", "/openapi.json", "/swagger.json",
    "/monitoring/prometheus/metrics", "/healthz", "/readyz", "//",
    "/%", "/%zz", "/..", "/" + "a" * 3000,
)  # fmt: skip


def head(shot: Shot) -> None:
    """A request line and headers that no client should send."""
    chance = shot.chance
    verb = chance.choice(
        ("GET", "POST", "HEAD", "PUT", "OPTIONS", "TRACE", "CONNECT", "é", "", "G" * 9000)
    )
    path = chance.choice((*PATHS, "*", "http://[::1", "half", "é", "/a b"))
    version = chance.choice(("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9.9", "", "PRI"))
    lines = [f"{verb} {path} {version}", "Host: a"]
    odd = (
        "Content-Length: 5", "Content-Length: -1", "Content-Length: 99999999999999999999",
        "Content-Length: 5, 6", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: x", "Content-Encoding: gzip", "Content-Encoding: br",
        "Expect: 100-continue",
        "Upgrade: websocket\r\nConnection: upgrade", "Connection: keep-alive, close", ": x", "A",
        "A : x",
        " folded: x", "X: \x00", "Authorization: Bearer " + "a" * 9000, "Origin: " + "é" * 20,
        "Content-Type: multipart/form-data", "Content-Type: application/x-www-form-urlencoded",
        "Inference-Header-Content-Length: 99", "Accept: ;;;", "Host: b", "X: " + "y" * 70_000,
        "\r\n".join(f"X-{i}: {i}" for i in range(3000)), "Cookie: " + ";" * 4000,
    )  # fmt: skip
    lines += chance.sample(odd, chance.choice((1, 1, 2, 4)))
    body = chance.choice(
        (b"", b"5", QUESTION, b"5\r\nabcde\r\n0\r\n\r\n", b"ffffffffffffffff\r\n", b"-1\r\n")
    )
    head = "\r\n".join(lines).encode("utf-8") + chance.choice((b"\r\n\r\n", b"\r\n\r\n", b"\n\n"))
    raw(shot, head + body)


def cut(shot: Shot) -> None:
    """A good request that ends in its midst, by an end or a reset, or whose sender says no more."""
    chance = shot.chance
    path = chance.choice(PATHS[:6])
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(QUESTION)}\r\n\r\n"
    whole = head.encode() + QUESTION
    many = whole * chance.choice((1, 1, 1, 3, 200))
    sent = many[: chance.choice((len(many), chance.randrange(len(many))))]
    raw(shot, sent, chance.choice(("shut", "reset", "close")))


def raw(shot: Shot, data: bytes, end: str = "wait") -> None:
    answer = "none"
    try:
        with socket.create_connection(("127.0.0.1", shot.target.rest_port), timeout=30) as opened:
            opened.settimeout(2 if end == "wait" and shot.kind == "head" else 30)
            if end == "reset":
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            opened.sendall(data)
            if end == "shut":
                opened.shutdown(socket.SHUT_WR)
            if end in ("wait", "shut"):
                answer = _status(opened)
    except TimeoutError:
        answer = "waits"
    except OSError:
        answer = "closed"
    shot.report.add(shot.kind, answer, data)


def _status(opened: socket.socket) -> str:
    """The status of the first answer that is no interim one."""
    read = b""
    while True:
        for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", read):
            if status != b"100":
                return status.decode()
        part = opened.recv(65536)
        if not part:
            return "closed"
        read += part


def slow_one(target: Target, chance: random.Random) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", target.rest_port), timeout=30)
    opened.sendall(
        chance.choice(
            (b"", b"POST /v1/models/half:predict HTTP/1.1\r\nContent-Length: 900\r\n\r\n")
        )
    )
    return opened


def drip(opened: socket.socket) -> None:
    try:
        opened.send(b"G")
    except OSError:
        opened.close()
