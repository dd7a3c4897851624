"""What stands between a caller and a server, and can be spoilt: a wire, no proxy.

As long as nothing is spoilt it passes bytes on as they come; the caller's TLS ends at the server.
"""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

_CHUNK = 1 << 16
_SLOW_S = 0.5


class Front:
    """A port of the loopback that leads to a server.

    Args:
        host: of the server.
        port: of the server.
        certificate: by which it can pretend to be the server, its key lies beside it; None for a
            server without TLS.
    """

    def __init__(self, host: str, port: int, certificate: Path | None = None) -> None:
        self._to = host, port
        self._lying: ssl.SSLContext | None = None
        if certificate is not None:
            self._lying = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._lying.load_cert_chain(certificate, certificate.with_suffix(".key"))
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._passes = threading.Event()
        self._passes.set()
        self._wait_s, self._lies, self._refuses = 0.0, False, False
        self._is_over = threading.Event()
        self.port: int = self._listening.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def cut(self) -> None:
        """Let nothing through any more; what comes meanwhile waits."""
        self._passes.clear()

    def refuse(self) -> None:
        """End all that is open, and all that comes."""
        self._refuses = True
        self.hang_up()

    def slow(self) -> None:
        """Keep all that the caller says for a while."""
        self._wait_s = _SLOW_S

    def lie(self) -> None:
        """Answer in the server's place what is no answer."""
        self._lies = True
        self.hang_up()

    def mend(self) -> None:
        """Pass on all, as it comes."""
        self._wait_s, self._lies, self._refuses = 0.0, False, False
        self._passes.set()

    def hang_up(self) -> None:
        """End all that is open; what comes later is passed on."""
        with self._lock:
            held = list(self._open)
        for each in held:
            _shut(each)

    def end(self) -> None:
        """End all."""
        self._is_over.set()
        self._passes.set()
        _shut(self._listening)
        self.hang_up()
        self._accepting.join()
        self._listening.close()

    def _accept(self) -> None:
        while not self._is_over.is_set():
            try:
                peer, _ = self._listening.accept()
            except OSError:
                return
            if self._refuses:
                peer.close()
                continue
            target = self._pretend if self._lies else self._lead
            threading.Thread(target=target, args=(peer,), daemon=True).start()

    def _lead(self, peer: socket.socket) -> None:
        self._passes.wait()
        try:
            there = socket.create_connection(self._to, timeout=10)
        except OSError:
            peer.close()
            return
        there.settimeout(None)
        with self._lock:
            self._open |= {peer, there}
        back = threading.Thread(target=self._pass, args=(there, peer, False), daemon=True)
        back.start()
        self._pass(peer, there, True)
        back.join()
        with self._lock:
            self._open -= {peer, there}
        peer.close()
        there.close()

    def _pass(self, source: socket.socket, to: socket.socket, is_asked: bool) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                if is_asked and self._wait_s:
                    self._is_over.wait(self._wait_s)
                self._passes.wait()
                to.sendall(data)
        _shut(to)

    def _pretend(self, peer: socket.socket) -> None:
        wrapped = self._lying.wrap_socket if self._lying else _plain
        with suppress(OSError), wrapped(peer, server_side=True) as said:
            while said.recv(_CHUNK):
                said.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[rubbish]")
        peer.close()


def _plain(peer: socket.socket, *, server_side: bool) -> socket.socket:
    return peer


def _shut(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
