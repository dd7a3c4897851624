"""EDGE of the host: asks a server of the web, if it may be asked, and whom it leads on to.

Whom a name stands for is looked up once, judged, and called by that address; so is each place that
an answer leads on to. What is of this machine or of its own network is asked only where the
catalog's owners name it.
"""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import cast
from urllib.parse import urljoin, urlsplit

from deepcat.host.data.answer import Answer
from deepcat.host.failure import StepError

_TIMEOUT_S, _MOST_STEPS, _MOST_IDLE = 60, 5, 16
# For how long an answer may begin without coming to its end, such as one word a minute.
_HEAD_S = 90.0
_LED_ON = (301, 302, 303, 307, 308)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Allowed:
    """What the catalog's owners let data be fetched from besides the public web.

    Attributes:
        hosts: names or addresses of hosts, each with or without a port.
        folders: of the host, below which files may be read.
        mounts: hosts, and folders of the host, of which whoever trains may read all that there is.
    """

    hosts: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()

    @property
    def mounted(self) -> Allowed:
        """The same of what is to be mounted, which no checksum keeps a stranger from."""
        folders = tuple(each for each in self.mounts if each.startswith("/"))
        return Allowed(tuple(each for each in self.mounts if each not in folders), folders)

    def host(self, name: str, port: int) -> bool:
        """Whether a host is named."""
        own = f"[{name}]" if ":" in name else name
        return bool({name, own, f"{own}:{port}"} & set(self.hosts))


class Kept:
    """Connections that are asked again as long as this lasts, by several threads."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, str], list[http.client.HTTPConnection]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Kept:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for each in (each for idle in self._idle.values() for each in idle):
            each.close()
        self._idle.clear()

    def take(self, url: str) -> http.client.HTTPConnection | None:
        """One that leads to the server of a URL, and so was judged; None where there is none."""
        parts = urlsplit(url)
        with self._lock:
            idle = self._idle.get((parts.scheme, parts.netloc))
            return idle.pop() if idle else None

    def give(self, url: str, connection: http.client.HTTPConnection) -> None:
        """Keep one whose last answer came to its end."""
        parts = urlsplit(url)
        with self._lock:
            idle = self._idle.setdefault((parts.scheme, parts.netloc), [])
            if len(idle) < _MOST_IDLE:
                idle.append(connection)
                return
        connection.close()


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


def bare(url: str) -> str:
    """An address without what follows its path, which may let somebody in."""
    return url.partition("?")[0][:300]


@contextmanager
def answer_of(
    url: str, headers: Mapping[str, str], allowed: Allowed, kept: Kept
) -> Iterator[Answer]:
    """The answer of whom an address leads to in the end.

    Args:
        url: of the web.
        headers: of the request; what lets us in is told to no other server than the URL's.
        allowed: whom to ask.
        kept: where connections come from and stay.

    Raises:
        StepError: it may not be asked (``data/host``), or leads on and on (``data/source``).
        OSError: it cannot be reached.
        http.client.HTTPException: it answers what is none.
    """
    own = urlsplit(url)
    for _ in range(_MOST_STEPS):
        parts = urlsplit(url)
        is_same = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
        given = {k: v for k, v in headers.items() if is_same or k != "Authorization"}
        connection, answer = _asked(url, given, allowed, kept)
        is_over = False
        try:
            to = answer.headers.get("Location")
            if answer.status in _LED_ON and to:
                url = _led(url, to)
                continue
            yield answer
            is_over = not answer.will_close and (answer.isclosed() or answer.length == 0)
            return
        finally:
            answer.close()
            if is_over:
                kept.give(url, connection)
            else:
                connection.close()
    message = f"`{bare(url)}` leads on and on"
    raise StepError("module", "data/source", message, "name the address of the file itself")


def _asked(
    url: str, headers: Mapping[str, str], allowed: Allowed, kept: Kept
) -> tuple[http.client.HTTPConnection, Answer]:
    parts = urlsplit(url)
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    told = {"User-Agent": "deepcat", **headers}
    if (idle := kept.take(url)) is not None:
        with suppress(OSError, http.client.HTTPException):  # it was closed meanwhile
            idle.request("GET", target, headers=told)
            return idle, _begun(idle)
        idle.close()
    connection = _connection(url, allowed)
    try:
        connection.request("GET", target, headers=told)
        return connection, _begun(connection)
    except BaseException:
        connection.close()
        raise


def _begun(connection: http.client.HTTPConnection) -> Answer:
    """An answer whose head came whole, and in time."""
    with _ENDING.over(connection.sock):
        return cast(Answer, connection.getresponse())


class _Ending:
    """Cuts off what has not begun to answer in time; one thread for all, not one for each."""

    def __init__(self) -> None:
        self._begin()
        # A process that is forked has no thread that looks.
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._until: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        self._is_looking = False

    @contextmanager
    def over(self, sock: socket.socket) -> Iterator[None]:
        """See that this comes to its end in time, or is cut off."""
        with self._lock:
            self._until[sock] = time.monotonic() + _HEAD_S
            if not self._is_looking:
                self._is_looking = True
                threading.Thread(target=self._look, daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                self._until.pop(sock, None)

    def _look(self) -> None:
        """Look often enough for as long as there is anybody, and a while longer."""
        idle = 0
        while True:
            time.sleep(_HEAD_S / 90)
            with self._lock:
                now = time.monotonic()
                for sock in [each for each, until in self._until.items() if until < now]:
                    with suppress(OSError):
                        sock.shutdown(socket.SHUT_RDWR)
                idle = 0 if self._until else idle + 1
                if idle > _MOST_IDLE:
                    self._is_looking = False
                    return


_ENDING = _Ending()


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
    connection.response_class = Answer
    connection._create_connection = (  # type: ignore[attr-defined]
        lambda _, *given, **words: socket.create_connection((address, port), *given, **words)
    )
    return connection
