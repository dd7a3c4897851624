"""A port here that leads to a pod: what is asked goes there, what is answered comes back."""

from __future__ import annotations

import base64
import errno
import hashlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websocket import WebSocket

from deepcat.clouds.kinds.kubernetes import forward
from deepcat.clouds.kinds.kubernetes.carrying import Asked, carry
from deepcat.clouds.kinds.kubernetes.forward import forwarded
from deepcat.clouds.kinds.kubernetes.port_forward import Way
from deepcat.remote.address import target

pytestmark = pytest.mark.starts("a port")

ASKED, ANSWER = b"x" * 300_000, b"y" * 300_000
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
GOING = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(payload: bytes, kind: int = 2) -> bytes:
    """One of a WebSocket's, as a server sends it."""
    size = len(payload)
    head = struct.pack("!BB", 0x80 | kind, size if size < 126 else 127)
    return head + (b"" if size < 126 else struct.pack("!Q", size)) + payload


BEGUN = b"".join(frame(bytes((channel,)) + struct.pack("<H", 8501)) for channel in (0, 1))
END = frame(struct.pack("!H", 1000), 8)


def asked_all(its: socket.socket) -> None:
    """Read frames until all of `ASKED` is there."""
    got, file = 0, its.makefile("rb")
    while got < len(ASKED):
        size = file.read(2)[1] & 0x7F
        size = int.from_bytes(file.read(2 if size == 126 else 8), "big") if size > 125 else size
        mask, body = file.read(4), file.read(size)
        got += size - 1
        assert body[0] ^ mask[0] == 0, "it belongs to the channel of data"


class Pods:
    """A cluster of pods, each of which does something once it is led to, in its own order."""

    namespace = "lab"

    def __init__(self, *does: Callable[[socket.socket], None]) -> None:
        self._does = list(does)
        self.pods = 1
        self.going: set[str] = set()
        self.led: list[tuple[str, int]] = []
        self._listening = socket.create_server(("127.0.0.1", 0))

    def list(self, path: str, **query: Any) -> list[Any]:
        assert path == "/api/v1/namespaces/lab/pods"
        if field := query.get("fieldSelector"):
            name = field.removeprefix("metadata.name=")
            return [self._pod(name)]
        assert query == {"labelSelector": "a=b"}
        return [self._pod(f"pod-{n}") for n in range(self.pods)]

    def _pod(self, name: str) -> Any:
        return {
            "metadata": {"name": name, **(GOING if name in self.going else {})},
            "status": READY,
        }

    def forward(self, pod: str, port: int) -> Way:
        self.led.append((pod, port))
        threading.Thread(target=self._answer, args=(pod,), daemon=True).start()
        websocket = WebSocket()
        websocket.connect(f"ws://127.0.0.1:{self._listening.getsockname()[1]}")
        return Way(websocket)

    def _answer(self, pod: str) -> None:
        its, _ = self._listening.accept()
        with its:
            head = b""
            while b"\r\n\r\n" not in head:
                head += its.recv(4096)
            (key,) = (
                line.split(b": ")[1]
                for line in head.split(b"\r\n")
                if line.startswith(b"Sec-WebSocket-Key")
            )
            digest = base64.b64encode(hashlib.sha1(key + _MAGIC).digest())
            its.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + digest + b"\r\n\r\n" + BEGUN
            )
            self._does.pop(0)(its)

    def close(self) -> None:
        self._listening.close()


def answers(its: socket.socket) -> None:
    """Close right behind the answer, as a server that drains does: all of it comes at once."""
    asked_all(its)
    its.sendall(frame(b"\0" + ANSWER) + END)


@pytest.fixture
def asked() -> Iterator[Any]:
    made: list[Pods] = []

    def ask(pods: Pods, name: str = "rest") -> bytes:
        made.append(pods)
        endpoints = {name: "http://demo.lab.svc:8501"}
        with (
            forwarded(pods, endpoints, lambda _: "a=b") as found,  # type: ignore[arg-type]
            socket.create_connection(target(found[name]), timeout=120) as peer,
        ):
            peer.sendall(ASKED)
            peer.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: peer.recv(65_536), b""))

    yield ask
    for each in made:
        each.close()


def nothing(ask: Callable[[], bytes]) -> bool:
    """Whether a connection ends without an answer; it may end before all is asked."""
    try:
        return ask() == b""
    except OSError as error:
        return error.errno in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN)


def test_who_has_asked_all_still_reads_the_answer(asked: Any) -> None:
    pods = Pods(answers)
    assert asked(pods) == ANSWER
    assert pods.led == [("pod-0", 8501)]


def test_an_answer_and_the_end_behind_it_come_at_once() -> None:
    ours, peer = socket.socketpair()
    pods = Pods(lambda its: its.sendall(frame(b"\0" + ANSWER) + frame(b"\1reset") + END))
    way, asked = pods.forward("pod-0", 8501), Asked()
    got: list[bytes] = []
    reading = threading.Thread(
        target=lambda: got.extend(iter(lambda: peer.recv(65_536), b"")), daemon=True
    )
    with ours, peer:
        reading.start()
        assert carry(ours, way, asked, lambda: False), "the pod ended it"
        way.close()
        ours.shutdown(socket.SHUT_WR)
        reading.join(60)
    assert b"".join(got) == ANSWER
    assert way.refused == "reset"
    assert asked.kept is None
    pods.close()


def test_who_comes_while_one_takes_over_from_another_waits_for_it(asked: Any) -> None:
    pods = Pods(answers)
    pods.pods = 0
    threading.Timer(0.5, lambda: setattr(pods, "pods", 1)).start()
    assert asked(pods) == ANSWER


def test_where_no_pod_answers_the_connection_ends(
    asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward, "_FINDS_S", 0.3)
    pods = Pods()
    pods.pods = 0
    assert nothing(lambda: asked(pods))


def drains(pods: Pods, words: bytes = b"") -> Callable[[socket.socket], None]:
    """A pod that takes what is asked, says nothing to it, and is about to go."""

    def end(its: socket.socket) -> None:
        asked_all(its)
        pods.going.add("pod-0")
        its.sendall((frame(b"\1" + words) if words else b"") + END)

    return end


def test_what_a_pod_that_drains_did_not_take_is_asked_of_another(asked: Any) -> None:
    pods = Pods()
    pods.pods = 2
    pods._does += [drains(pods), answers]
    assert asked(pods) == ANSWER
    assert pods.led == [("pod-0", 8501), ("pod-1", 8501)]


def test_a_container_is_asked_again_only_where_nothing_took_the_connection(asked: Any) -> None:
    pods = Pods()
    pods.pods = 2
    pods._does += [drains(pods), answers]
    assert nothing(lambda: asked(pods, "port-80"))
    assert len(pods.led) == 1
    pods = Pods()
    pods.pods = 2
    pods._does += [drains(pods, b"dial tcp4 127.0.0.1:80: connect: connection refused"), answers]
    assert asked(pods, "port-80") == ANSWER


def test_a_pod_that_stays_and_says_nothing_is_not_asked_again(asked: Any) -> None:
    def ends(its: socket.socket) -> None:
        asked_all(its)
        its.sendall(END)

    pods = Pods(ends, answers)
    assert nothing(lambda: asked(pods))
    assert len(pods.led) == 1
