"""EDGE of the host: one file of the web, from a place that may be asked, on from where it was cut.

Whom a name stands for is looked up once, judged, and called by that address; so is each place that
an answer leads on to. What is of this machine or of its own network is asked only where the
catalog's owners name it.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import ipaddress
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from deepcat.host.failure import StepError

_CHUNK = 1 << 20
_TIMEOUT_S, _TRIES, _MOST_STEPS = 60, 5, 5
# For how long an answer may begin without coming to its end, such as one word a minute.
_HEAD_S = 90.0
# Slower than this, once it had some time, is a server that only holds us.
_SLOW_S, _SLOW_BYTES = 600.0, 1000
_LED_ON = (301, 302, 303, 307, 308)
_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/")
_PORTS = {"http": 80, "https": 443}
_BROKEN = (http.client.HTTPException, TimeoutError, ConnectionError, ssl.SSLError, socket.gaierror)


@dataclass(frozen=True)
class Allowed:
    """What the catalog's owners let data be fetched from besides the public web.

    Attributes:
        hosts: names or addresses of hosts, each with or without a port.
        folders: of the host, below which files may be read.
    """

    hosts: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    def host(self, name: str, port: int) -> bool:
        """Whether a host is named."""
        own = f"[{name}]" if ":" in name else name
        return bool({name, own, f"{own}:{port}"} & set(self.hosts))


@dataclass(frozen=True)
class File:
    """One file that is to be had.

    Attributes:
        url: of the web.
        sha256: that it must have; empty for whatever it is, to be told.
        most: bytes; more is not taken.
        headers: by which it is asked for, such as one that lets us in; never told to another host.
    """

    url: str
    sha256: str
    most: int
    headers: Mapping[str, str] = field(default_factory=dict)


def fetch(wanted: File, target: Path, allowed: Allowed) -> int:
    """Bring a file, whole and proved; what came of it before is not asked for again.

    Args:
        wanted: the file.
        target: where it lies then; beside it `.part` holds what came so far.
        allowed: whom to ask.

    Returns:
        The bytes that were sent.

    Raises:
        StepError: it cannot be had (``data/…``); what came is kept, unless it is another file.
    """
    part = target.with_name(f"{target.name}.part")
    sent, fresh, failed, began = 0, not part.exists(), 0, time.monotonic()
    while True:
        before = _size(part)
        try:
            came, found = _pour(wanted, part, allowed)
        except _BROKEN as error:
            came, found, why = 0, "", f"{type(error).__name__}: {error}"
        except ValueError as error:
            message = f"`{bare(wanted.url)}` answers what is none of the web's: {error!s:.200}"
            hint = "see whether the address is right"
            raise StepError("module", "data/source", message, hint) from None
        else:
            why = "it ends before its end"
        sent += max(came, _size(part) - before)
        if found:
            if found == wanted.sha256 or not wanted.sha256:
                part.replace(target)
                return sent
            part.unlink()
            if fresh:
                raise changed(wanted.url, found, wanted.sha256)
            fresh = True  # what lay here may have been of an older one: once more from the start
            continue
        failed = 0 if _size(part) > before else failed + 1
        # It may send a little each time that it is asked, and so for ever.
        is_slow = sent < (time.monotonic() - began - _SLOW_S) * _SLOW_BYTES
        if failed >= _TRIES or is_slow:
            message = f"`{bare(wanted.url)}` cannot be had: {why}"
            raise StepError("cloud", "data/source", message, "try again: it goes on where it was")
        time.sleep(min(2.0**failed / 10, 2.0))


def changed(source: str, found: str, wanted: str) -> StepError:
    """The source has another content than its data set says."""
    message = f"`{bare(source)}` has the sha256 {found}, but {wanted} was expected: it changed"
    hint = "see `deepcat data check`; if the change is right, `deepcat data add --replace` takes it"
    return StepError("module", "data/changed", message, hint)


def bare(url: str) -> str:
    """An address without what follows its path, which may let somebody in."""
    return url.partition("?")[0][:300]


def letting_in(secret: str) -> dict[str, str]:
    """The header by which a secret lets us in: `user:password`, or else a token."""
    if ":" in secret:
        return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
    return {"Authorization": f"Bearer {secret}"}


def require_host(url: str, allowed: Allowed) -> str:
    """The address that a URL's host is called by.

    Raises:
        StepError: it is none of the public web, and not allowed (``data/host``).
        OSError: the name stands for nothing.
    """
    parts = urlsplit(url)
    name, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    if parts.scheme not in _PORTS or not name:
        message = f"`{bare(url)}` is no address of the web"
        raise StepError("module", "data/host", message, "name one that is")
    found = [each[4][0] for each in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]
    if not allowed.host(name, port):
        for each in found:
            address = ipaddress.ip_address(str(each).partition("%")[0])
            address = getattr(address, "ipv4_mapped", None) or address
            if not address.is_global or address.is_multicast:
                message = f"`{name}` is {each}, which is none of the public web"
                hint = "let the catalog's owners name it: `allowed_data: {hosts: […]}`"
                raise StepError("module", "data/host", message, hint)
    return str(found[0])


def _pour(wanted: File, part: Path, allowed: Allowed) -> tuple[int, str]:
    """Ask once; gives the bytes that came, and the sha256 of all; empty where that is not all."""
    begun = _size(part)
    headers = {**wanted.headers, "Accept-Encoding": "identity"}
    if begun:
        headers["Range"] = f"bytes={begun}-"
    with _answer(wanted.url, headers, allowed) as answer:
        if begun and answer.status == 416:
            part.unlink()
            return 0, ""
        _require(wanted.url, answer.status)
        goes_on = answer.status == 206
        at = _RANGE.match(answer.headers.get("Content-Range") or "") if goes_on else None
        if goes_on and (at is None or int(at[1]) != begun):
            part.unlink(missing_ok=True)
            raise http.client.HTTPException("another part than was asked for")
        size = begun if goes_on else 0
        length = answer.headers.get("Content-Length") or ""
        says = size + int(length) if length.isdigit() else None
        if says is not None and says > wanted.most:
            raise _too_much(wanted)
        known = _sum(part) if goes_on else hashlib.sha256()
        came, since = 0, time.monotonic()
        with part.open("ab" if goes_on else "wb") as out:
            while chunk := answer.read1(_CHUNK):
                came, size = came + len(chunk), size + len(chunk)
                if size > wanted.most:
                    out.close()
                    part.unlink()
                    raise _too_much(wanted)
                known.update(chunk)
                out.write(chunk)
                if came < (time.monotonic() - since - _SLOW_S) * _SLOW_BYTES:
                    raise TimeoutError("it sends too slowly")
            out.flush()
            os.fsync(out.fileno())
    return came, known.hexdigest() if says is None or size == says else ""


def _too_much(wanted: File) -> StepError:
    message = f"`{bare(wanted.url)}` sends more than the {wanted.most} bytes that the data set says"
    return StepError("module", "data/size", message, "correct `bytes`, or the address")


def _require(url: str, status: int) -> None:
    if status in (200, 206):
        return
    kind = "auth" if status in (401, 403) else "cloud" if status >= 500 else "module"
    message = f"`{bare(url)}` answered with {status}"
    if status in (429, 500, 502, 503, 504):
        raise http.client.HTTPException(f"it answered with {status}")
    raise StepError(
        kind, "data/source", message, "see whether the address and the `credential` are right"
    )


@contextmanager
def _answer(
    url: str, headers: Mapping[str, str], allowed: Allowed
) -> Iterator[http.client.HTTPResponse]:
    """The answer of whom the address leads to in the end."""
    own = urlsplit(url)
    for _ in range(_MOST_STEPS):
        parts = urlsplit(url)
        is_same = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
        given = {k: v for k, v in headers.items() if is_same or k != "Authorization"}
        connection = _connection(url, allowed)
        try:
            target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            connection.request("GET", target, headers={"User-Agent": "deepcat", **given})
            with _begun(connection) as answer:
                to = answer.headers.get("Location")
                if answer.status in _LED_ON and to:
                    url = _led(url, to)
                    continue
                yield answer
                return
        finally:
            connection.close()
    message = f"`{bare(url)}` leads on and on"
    raise StepError("module", "data/source", message, "name the address of the file itself")


def _begun(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
    """An answer whose head came whole, and in time."""
    sock = connection.sock

    def cut() -> None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(_HEAD_S, cut)
    timer.daemon = True
    timer.start()
    try:
        return connection.getresponse()
    finally:
        timer.cancel()


def _led(url: str, to: str) -> str:
    found = urljoin(url, to[:4000])
    is_worse = urlsplit(url).scheme == "https" and urlsplit(found).scheme != "https"
    if is_worse or urlsplit(found).scheme not in _PORTS:
        message = f"`{bare(url)}` leads on to `{bare(found)}`, which is not asked"
        raise StepError("module", "data/host", message, "name the address of the file itself")
    return found


def _connection(url: str, allowed: Allowed) -> http.client.HTTPConnection:
    """A connection to the very address that was judged."""
    parts = urlsplit(url)
    address = require_host(url, allowed)
    name, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    if parts.scheme == "https":
        secure = http.client.HTTPSConnection(
            name, port, timeout=_TIMEOUT_S, context=ssl.create_default_context()
        )
        connection: http.client.HTTPConnection = secure
    else:
        connection = http.client.HTTPConnection(name, port, timeout=_TIMEOUT_S)
    connection._create_connection = (  # type: ignore[attr-defined]
        lambda _, *given, **words: socket.create_connection((address, port), *given, **words)
    )
    return connection


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _sum(path: Path) -> hashlib._Hash:
    known = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            known.update(chunk)
    return known
