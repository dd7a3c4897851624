"""A way to a server on which requests of one kind come to harm."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_SLOW, _PAUSE_S = 64, 0.001


@contextmanager
def troubled(address: str, method: str, harm: str, times: int) -> Iterator[str]:
    """What leads on to a server, for as long as the context lasts; gives its own host and port.

    Args:
        address: of the server.
        method: of HTTP, whose requests are harmed.
        harm: ``busy``: it is answered 503; ``cut``: it breaks off in the middle; ``deaf``: it is
            done, and its answer never comes; ``slow``: it comes in small pieces, with pauses.
        times: how many are harmed; all that come later are led on.
    """
    left, going, never = [times], list[threading.Thread](), threading.Event()

    def is_due(piece: bytes) -> bool:
        left[0] -= (due := piece.startswith(f"{method} ".encode()) and left[0] > 0)
        return due

    def back(server: socket.socket, client: socket.socket, deaf: threading.Event) -> None:
        with suppress(OSError):
            while (piece := server.recv(65536)) and not deaf.is_set():
                client.sendall(piece)
        end(server, client)

    def on(client: socket.socket, server: socket.socket, deaf: threading.Event) -> None:
        slow = False
        with suppress(OSError):
            while piece := client.recv(65536):
                due = is_due(piece)
                if due and harm == "busy":
                    client.sendall(BUSY)
                    break
                if due and harm == "cut":
                    server.sendall(piece[: len(piece) // 2])
                    break
                if due and harm == "deaf":
                    deaf.set()
                slow |= due and harm == "slow"
                for at in range(0, len(piece), _SLOW if slow else len(piece)):
                    server.sendall(piece[at : at + (_SLOW if slow else len(piece))])
                    if slow:
                        never.wait(_PAUSE_S)
        if not deaf.is_set():
            end(client, server)

    def end(*ends: socket.socket) -> None:
        for each in ends:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def both(client: socket.socket) -> None:
        host, _, port = address.partition(":")
        with client, socket.create_connection((host, int(port))) as server:
            deaf = threading.Event()
            answers = threading.Thread(target=back, args=(server, client, deaf))
            answers.start()
            on(client, server, deaf)
            answers.join()

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
    assert left[0] < times, f"no {method} came to harm"
