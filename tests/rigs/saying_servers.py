"""Servers that say the same to everybody, whatever is asked: once, or without end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def saying(content: bytes, then: bytes = b"", *, pause_s: float = 0.0) -> Iterator[str]:
    """The host of one.

    Args:
        content: what it says first.
        then: what it says after that for ever; nothing where empty.
        pause_s: between one of these and the next.
    """
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                to, _ = door.accept()
                with to, suppress(OSError):
                    to.recv(4096)
                    to.sendall(content)
                    while then and not over.wait(pause_s):
                        to.sendall(then)

    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.1)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{door.getsockname()[1]}"
        finally:
            over.set()
            thread.join()
