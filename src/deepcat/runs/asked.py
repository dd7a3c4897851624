"""What a task of Ansible asks of the process that runs it, through a socket only we can open."""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@contextmanager
def answered(answer: Answer) -> Iterator[str]:
    """Answer whoever asks, each in a thread of its own; gives the socket's path.

    Args:
        answer: from what is asked to what is answered; what it raises is told as its mistake.
    """
    # The path of a socket must be short, which that of a catalog may not be.
    with tempfile.TemporaryDirectory(prefix="deepcat-") as folder:
        path = str(Path(folder) / "asked")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path)
            listening.listen(64)
            accepting = Thread(target=_accept, args=(listening, answer), daemon=True)
            accepting.start()
            try:
                yield path
            finally:
                with suppress(OSError):  # it wakes who waits for the next one
                    listening.shutdown(socket.SHUT_RDWR)
                accepting.join()


def ask(path: str, question: Mapping[str, Any]) -> dict[str, Any]:
    """What is answered to a question.

    Raises:
        OSError: nobody answers any more.
        ValueError: what is answered is no object.
    """
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(path)
        peer.sendall(json.dumps(question).encode())
        peer.shutdown(socket.SHUT_WR)
        return dict(json.loads(_all(peer)))


def _accept(listening: socket.socket, answer: Answer) -> None:
    while True:
        try:
            peer, _ = listening.accept()
        except OSError:
            return
        Thread(target=_one, args=(peer, answer), daemon=True).start()


def _one(peer: socket.socket, answer: Answer) -> None:
    with peer, suppress(OSError):
        try:
            told = answer(json.loads(_all(peer)))
        except Exception as error:  # whoever asked waits for an answer
            told = {"failed": True, "msg": f"{type(error).__name__}: {error}"}
        peer.sendall(json.dumps(told).encode())


def _all(peer: socket.socket) -> bytes:
    return b"".join(iter(lambda: peer.recv(65_536), b""))
