"""EDGE of notify: JSON posted to an address, signed as Standard Webhooks has it.

The machine's own network is not reached: the name is looked up once, every address that it has must
be one of the internet's, and the connection goes to the one that was looked at. Nobody is followed
elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from deepcat.errors import DeepcatError
from deepcat.notify.values import Notice

# Set on the machine that runs deepcat: it may also tell services of its own network.
PRIVATE = "DEEPCAT_NOTIFY_PRIVATE"
TIMEOUT_S = 10.0
# Of a whole try, however slowly bytes come.
WHOLE_S = 30.0
PAUSES_S = (0.5, 2.0)
_AGAIN = (429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class _Target:
    host: str
    port: int
    path: str
    is_secure: bool
    address: str


def post(url: str, notice: Notice, key: str = "", private: bool | None = None) -> None:
    """Tell one notice.

    Args:
        url: https; http within the machine's own network alone.
        notice: without any secret.
        key: signs it; empty for none. A key ``whsec_…`` is read as Standard Webhooks has it.
        private: whether addresses of the machine's own network may be told; None asks the variable
            `PRIVATE`.

    Raises:
        DeepcatError: it did not get there (``notify/address``, ``notify/failed``).
    """
    private = os.environ.get(PRIVATE) == "1" if private is None else private
    body = json.dumps(
        {
            "type": f"deployment.{notice.event}",
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "data": notice.as_dict(),
        },
        ensure_ascii=False,
    ).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "deepcat"}
    headers |= signed(body, key, f"msg_{uuid.uuid4().hex}", int(time.time()))
    target = _target(url, private)
    for pause in (*PAUSES_S, None):
        try:
            status = _sent(target, body, headers)
        except (OSError, http.client.HTTPException) as error:
            status, why = 0, type(error).__name__
        else:
            why = f"it answers {status}"
        if 200 <= status < 300:
            return
        if pause is None or (status and status not in _AGAIN):
            raise _failed(target.host, why)
        time.sleep(pause)


def signed(body: bytes, key: str, name: str, now: int) -> dict[str, str]:
    """The headers by which a receiver knows whose words these are, and that they are new."""
    headers = {"webhook-id": name, "webhook-timestamp": str(now)}
    if key:
        secret = base64.b64decode(key[6:]) if key.startswith("whsec_") else key.encode()
        text = f"{name}.{now}.".encode() + body
        digest = hmac.new(secret, text, hashlib.sha256).digest()
        headers["webhook-signature"] = "v1," + base64.b64encode(digest).decode()
    return headers


def _target(url: str, private: bool) -> _Target:
    parts = urlsplit(url)
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    is_secure = parts.scheme == "https"
    if (
        not host
        or parts.username is not None
        or not (is_secure or (parts.scheme == "http" and private))
    ):
        raise DeepcatError(
            "a webhook has an address that begins with `https://` and names a host, and no user",
            hint=f"correct it; plain http needs `{PRIVATE}=1`",
            code="notify/address",
        )
    port = port or (443 if is_secure else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Target(host, port, path, is_secure, _address(host, port, private))


def _address(host: str, port: int, private: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _failed(host, "its name cannot be looked up") from None
    addresses = [str(each[4][0]) for each in found]
    if not private and not all(_is_public(each) for each in addresses):
        raise DeepcatError(
            f"`{host}` lies in the network of this machine, or nowhere on the internet",
            hint=f"where that is meant, set `{PRIVATE}=1` for whoever runs deepcat",
            code="notify/address",
        )
    return addresses[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    address = inner or address
    return address.is_global and not address.is_multicast


def _sent(target: _Target, body: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer; what else it says is not read."""
    sock = socket.create_connection((target.address, target.port), TIMEOUT_S)
    if target.is_secure:
        sock = ssl.create_default_context().wrap_socket(sock, server_hostname=target.host)
    connection = http.client.HTTPConnection(target.host, target.port, timeout=TIMEOUT_S)
    connection.sock = sock
    cut = threading.Event()
    clock = threading.Timer(WHOLE_S, _cut, (sock, cut))
    clock.start()
    try:
        connection.request("POST", target.path, body, dict(headers))
        status = connection.getresponse().status
        if cut.is_set():
            raise TimeoutError
        return status
    finally:
        clock.cancel()
        connection.close()


def _cut(sock: socket.socket, cut: threading.Event) -> None:
    cut.set()
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _failed(host: str, why: str) -> DeepcatError:
    return DeepcatError(
        f"`{host}` was not told: {why}",
        hint="see that it takes what is posted; nobody is followed to another address",
        code="notify/failed",
    )
