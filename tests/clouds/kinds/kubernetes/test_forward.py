"""A port here that leads to a pod: what is asked goes there, what is answered comes back."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from deepcat.clouds.kinds.kubernetes import forward
from deepcat.clouds.kinds.kubernetes.edge import Way
from deepcat.clouds.kinds.kubernetes.forward import forwarded
from deepcat.remote.address import target

pytestmark = pytest.mark.starts("a port")

ASKED, ANSWER = b"x" * 300_000, b"y" * 300_000
READY = {"conditions": [{"type": "Ready", "status": "True"}]}


class Pods:
    """What answers only once it has all that is asked; and the cluster that leads to it."""

    namespace = "lab"

    def __init__(self, pods: int = 1) -> None:
        self._pods = pods
        self.led: list[tuple[str, int]] = []
        self.ended = threading.Event()

    def list(self, path: str, **query: Any) -> list[Any]:
        assert path == "/api/v1/namespaces/lab/pods"
        assert query == {"labelSelector": "a=b"}
        return [{"metadata": {"name": f"pod-{n}"}, "status": READY} for n in range(self._pods)]

    def forward(self, pod: str, port: int) -> Way:
        self.led.append((pod, port))
        ours, its = socket.socketpair()
        threading.Thread(target=self._answer, args=(its,), daemon=True).start()
        return Way(ours, self)

    # As the library's websocket: what the other side has ended is left open.
    sock, connected = "open", True

    def shutdown(self) -> None:
        self.ended.set()

    @staticmethod
    def _answer(its: socket.socket) -> None:
        with its:
            got = 0
            while got < len(ASKED):
                got += len(its.recv(65_536))
            its.sendall(ANSWER)


@pytest.fixture
def asked() -> Iterator[Any]:
    def ask(pods: Pods) -> bytes:
        endpoints = {"rest": "http://demo.lab.svc:8501"}
        with (
            forwarded(pods, endpoints, lambda _: "a=b") as found,  # type: ignore[arg-type]
            socket.create_connection(target(found["rest"]), timeout=120) as peer,
        ):
            peer.sendall(ASKED)
            peer.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: peer.recv(65_536), b""))

    yield ask


def test_who_has_asked_all_still_reads_the_answer(asked: Any) -> None:
    pods = Pods()
    assert asked(pods) == ANSWER
    assert pods.led == [("pod-0", 8501)]
    assert pods.ended.wait(120), "nothing is left open that the other side has ended"


def test_who_comes_while_one_takes_over_from_another_waits_for_it(asked: Any) -> None:
    pods = Pods(0)
    threading.Timer(0.5, lambda: setattr(pods, "_pods", 1)).start()
    assert asked(pods) == ANSWER


def test_where_no_pod_answers_the_connection_ends(
    asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward, "_FINDS_S", 0.3)
    try:
        assert asked(Pods(0)) == b""
    except OSError as error:  # it may end before all is asked
        assert error.errno in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN)
