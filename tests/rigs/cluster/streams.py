"""What goes both ways between a client and a pod: a command in it, and a port of it.

A WebSocket by hand (RFC 6455), in whose messages the first byte names a channel.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import struct
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from cluster.client import Client

_OPENING = """\
GET {path} HTTP/1.1\r
Host: {host}\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Key: {key}\r
Sec-WebSocket-Version: 13\r
Sec-WebSocket-Protocol: {protocol}\r
Authorization: Bearer {token}\r
\r
"""


def execute(client: Client, pod: str, words: Sequence[str], namespace: str = "default") -> str:
    """What a command in a pod says."""
    asked = "&".join(f"command={quote(each)}" for each in words)
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/exec?{asked}&stdout=1&stderr=1"
    channels: dict[int, bytes] = {}
    with _Channels(client, path, "v4.channel.k8s.io") as opened:
        while (message := opened.take()) is not None:
            channels[message[0]] = channels.get(message[0], b"") + message[1:]
    ended = json.loads(channels.get(3, b"{}"))
    assert ended.get("status") == "Success", (ended, channels)
    return channels.get(1, b"").decode()


def through(
    client: Client, pod: str, port: int, sent: bytes, namespace: str = "default"
) -> bytes:  # fmt: skip
    """What a port of a pod answers to some bytes, until it closes."""
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/portforward?ports={port}"
    with _Channels(client, path, "v4.channel.k8s.io") as opened:
        # Each channel first names its port.
        first = {opened.take(), opened.take()}
        assert first == {bytes([each]) + struct.pack("<H", port) for each in (0, 1)}, first
        opened.give(b"\0" + sent)
        got = b""
        while (message := opened.take()) is not None:
            assert message[0] == 0, message
            got += message[1:]
    return got


class _Channels:
    """The connection."""

    def __init__(self, client: Client, path: str, protocol: str) -> None:
        at = urlsplit(client.server)
        assert at.hostname and at.port
        trust = ssl.create_default_context(cafile=str(client.trust))
        plain = socket.create_connection((at.hostname, at.port), timeout=120)
        self._socket = trust.wrap_socket(plain, server_hostname=at.hostname)
        self._file = self._socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(_OPENING.format(
            path=path, host=at.netloc, key=key, protocol=protocol, token=client.token,
        ).encode())  # fmt: skip
        status = self._file.readline()
        assert b" 101 " in status, status + self._file.read(4000)
        while self._file.readline().strip():
            pass

    def __enter__(self) -> _Channels:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def take(self) -> bytes | None:
        """The next message that is not empty; None after the last."""
        while True:
            head = self._file.read(2)
            if len(head) < 2 or head[0] & 15 == 8:
                return None
            length = head[1] & 127
            if length == 126:
                [length] = struct.unpack(">H", self._file.read(2))
            elif length == 127:
                [length] = struct.unpack(">Q", self._file.read(8))
            content = self._file.read(length)
            if head[0] & 15 == 2 and (len(content) > 1):
                return content

    def give(self, content: bytes) -> None:
        """Send one message."""
        assert len(content) < 1 << 16
        mask = os.urandom(4)
        masked = bytes(each ^ mask[at % 4] for at, each in enumerate(content))
        head = struct.pack(">BBH", 0x82, 0x80 | 126, len(content))
        self._socket.sendall(head + mask + masked)
