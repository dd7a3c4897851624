"""A port here that leads on: both ways, their ends, many at once, a way that dies or moves."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from deepcat.errors import DeepcatError
from deepcat.remote.relay import HERE, Relay

pytestmark = pytest.mark.starts("a server")

Serve = Callable[[Callable[[socket.socket], None]], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that handles each connection by a function; gives its port."""
    listening: list[socket.socket] = []

    def start(handle: Callable[[socket.socket], None]) -> int:
        server = socket.create_server((HERE, 0), backlog=64)
        listening.append(server)

        def one(peer: socket.socket) -> None:
            with closing(peer):
                handle(peer)

        def accept() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=one, args=(peer,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return int(server.getsockname()[1])

    yield start
    for each in listening:
        # Who waits in `accept` is woken by this, and by nothing less.
        each.shutdown(socket.SHUT_RDWR)
        each.close()


@pytest.fixture
def relay() -> Iterator[Relay]:
    found = Relay(patience_s=10)
    yield found
    found.close()


def count(peer: socket.socket) -> None:
    """Say how much was said, once that has ended."""
    peer.sendall(b"%d" % len(_all(peer)))


def _all(peer: socket.socket) -> bytes:
    return b"".join(iter(lambda: peer.recv(65_536), b""))


def ask(relay: Relay, said: bytes) -> bytes:
    """What is answered to something said to its end."""
    with socket.create_connection((HERE, relay.port), timeout=120) as peer:
        peer.sendall(said)
        peer.shutdown(socket.SHUT_WR)
        return _all(peer)


@pytest.mark.parametrize("size", [0, 1, 65_536, 3_000_001])
def test_each_direction_ends_by_itself(serve: Serve, relay: Relay, size: int) -> None:
    relay.lead(HERE, serve(count))
    assert ask(relay, b"x" * size) == b"%d" % size


def test_who_speaks_first_is_heard_before_anything_is_said(serve: Serve, relay: Relay) -> None:
    def greet(peer: socket.socket) -> None:
        peer.sendall(b"hello")
        peer.sendall(b"again" + _all(peer))

    relay.lead(HERE, serve(greet))
    with socket.create_connection((HERE, relay.port), timeout=120) as peer:
        assert peer.recv(5) == b"hello"
        peer.sendall(b"x")
        peer.shutdown(socket.SHUT_WR)
        assert _all(peer) == b"againx"


def test_many_at_once_come_through(serve: Serve, relay: Relay) -> None:
    target = (HERE, serve(count))
    relay.lead(*target)
    answers: list[bytes] = []
    asking = [
        threading.Thread(target=lambda n=n: answers.append(ask(relay, b"y" * n)))
        for n in range(100, 200)
    ]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    assert sorted(answers) == [b"%d" % n for n in range(100, 200)]


def test_who_reads_nothing_holds_up_who_writes(serve: Serve, relay: Relay) -> None:
    sent = 0
    full = threading.Event()

    def flood(peer: socket.socket) -> None:
        nonlocal sent
        peer.settimeout(1)
        try:
            while sent < 1 << 28:
                sent += peer.send(b"z" * 65_536)
        except TimeoutError:
            full.set()

    relay.lead(HERE, serve(flood))
    with socket.create_connection((HERE, relay.port)):
        assert full.wait(120)
    assert sent < 1 << 25, "what nobody reads is not kept"


def test_who_comes_too_early_waits_for_a_way(serve: Serve) -> None:
    target = serve(count)
    asked: list[int] = []

    def lost() -> None:
        asked.append(1)
        if len(asked) == 2:
            relay.lead(HERE, target)

    relay = Relay(lost=lost)
    with closing(relay):
        assert ask(relay, b"early") == b"5"
    assert len(asked) == 2


def test_what_was_cut_off_unanswered_is_said_again_by_the_next_way(
    serve: Serve, relay: Relay
) -> None:
    heard: list[bytes] = []

    def cut(peer: socket.socket) -> None:
        heard.append(peer.recv(100))
        if len(heard) == 2:
            relay.lead(HERE, good)

    good = serve(count)
    relay.lead(HERE, serve(cut))
    assert ask(relay, b"please") == b"6"
    assert heard == [b"please", b"please"]


def test_an_answer_that_is_cut_off_looks_like_no_end(serve: Serve, relay: Relay) -> None:
    def cut(peer: socket.socket) -> None:
        peer.recv(100)
        peer.sendall(b"half")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    relay.lead(HERE, serve(cut))
    with pytest.raises(ConnectionResetError):
        ask(relay, b"please")


def test_what_stands_goes_on_where_it_was_when_the_way_moves(serve: Serve, relay: Relay) -> None:
    def echo(peer: socket.socket) -> None:
        for data in iter(lambda: peer.recv(100), b""):
            peer.sendall(b"old " + data)

    old = (HERE, serve(echo))
    relay.lead(*old)
    with socket.create_connection((HERE, relay.port), timeout=120) as peer:
        peer.sendall(b"1")
        assert peer.recv(100) == b"old 1"
        relay.lead(HERE, serve(count))
        assert ask(relay, b"new") == b"3"
        assert relay.standing(old) == 1
        peer.sendall(b"2")
        assert peer.recv(100) == b"old 2"


def test_its_end_ends_all_that_goes_through_it(serve: Serve, relay: Relay) -> None:
    relay.lead(HERE, serve(_all))
    with socket.create_connection((HERE, relay.port), timeout=120) as peer:
        peer.sendall(b"x")
        own = Relay()
        own.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HERE, own.port))


def test_a_port_that_somebody_has_is_refused_by_name(relay: Relay) -> None:
    with pytest.raises(DeepcatError, match=f"port {relay.port} of this machine") as caught:
        Relay(relay.port)
    assert caught.value.code == "tunnel/port"
