"""A way to a server that breaks in the middle."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def front(address: str, cuts: int, most: int = 1_000_000) -> Iterator[str]:
    """What leads on to a server, and breaks off the first that send more than so many bytes."""
    left, going = [cuts], []

    def lead(one: socket.socket, other: socket.socket, *, is_counted: bool) -> None:
        seen = 0
        with suppress(OSError):
            while piece := one.recv(65536):
                seen += len(piece)
                if is_counted and seen > most and left[0]:
                    left[0] -= 1
                    break
                other.sendall(piece)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def both(one: socket.socket) -> None:
        host, _, port = address.partition(":")
        with one, socket.create_connection((host, int(port))) as other:
            back = threading.Thread(target=lead, args=(other, one), kwargs={"is_counted": False})
            back.start()
            lead(one, other, is_counted=True)
            back.join()

    def serve() -> None:
        with suppress(OSError):
            while True:
                going.append(threading.Thread(target=both, args=(listening.accept()[0],)))
                going[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        first = threading.Thread(target=serve)
        first.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for each in (first, *going):
                each.join()
