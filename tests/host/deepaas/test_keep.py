"""What a plug-in asks goes to the server that a file names, read for each connection."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from deepcat.host.deepaas import kept
from deepcat.host.place import write_json
from deepcat.host.ports import free_port

pytestmark = pytest.mark.starts("a program")

PATIENCE_S = 60
# Says that it is there, and how it was told to end.
PROGRAM = (
    "import signal, sys; print('there', flush=True); signal.sigwait([signal.SIGTERM]); sys.exit(7)"
)


@pytest.fixture
def calls(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port("127.0.0.1")
    block = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM]);"
    told = {"address": "127.0.0.1", "port": port, "argv": [sys.executable, "-c", block + PROGRAM]}
    (tmp_path / kept.FILE).write_text(json.dumps(told))
    words = [sys.executable, "-I", "-S", str(kept.KEEP), str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        yield process, port
        process.terminate()  # so that its program ends, too
        process.wait(PATIENCE_S)


def server(said: bytes, silences: int = 0) -> tuple[socket.socket, int]:
    """Answers each request with the same, but for the first few, which it leaves unanswered."""
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        left = silences
        with suppress(OSError):
            while True:
                peer, _ = listening.accept()
                with peer:
                    asked = peer.recv(100)
                    if not left:
                        peer.sendall(asked + said)
                    left = max(0, left - 1)

    threading.Thread(target=answer, daemon=True).start()
    return listening, listening.getsockname()[1]


def lead_to(folder: Path, *ports: int, patience_s: float = 0) -> None:
    ways = [("127.0.0.1", port) for port in ports]
    write_json(folder / kept.TARGET, kept.led(ways, patience_s))


def asked(port: int, *, ends: bool = True) -> bytes:
    """What is answered; nothing where the connection is closed at once."""
    found = b""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as caller:
        with suppress(OSError):
            caller.sendall(b"asked ")
            if ends:
                caller.shutdown(socket.SHUT_WR)
            while more := caller.recv(4096):
                found += more
        return found


def test_it_leads_to_whichever_server_is_named_now(
    calls: tuple[subprocess.Popen[bytes], int], tmp_path: Path
) -> None:
    _, port = calls
    assert asked(port) == b""
    for said in (b"one", b"two"):
        listening, at = server(said)
        with listening:
            lead_to(tmp_path, free_port("127.0.0.1"), at)
            assert asked(port) == b"asked " + said
    lead_to(tmp_path, free_port("127.0.0.1"))
    assert asked(port) == b"", "nobody listens there"


def test_a_server_that_goes_unasked_is_asked_again(
    calls: tuple[subprocess.Popen[bytes], int], tmp_path: Path
) -> None:
    listening, at = server(b"at last", silences=2)
    with listening:
        lead_to(tmp_path, at)
        assert asked(calls[1], ends=False) == b"asked at last"


def test_who_asks_during_a_switch_waits_until_a_server_is_there(
    calls: tuple[subprocess.Popen[bytes], int], tmp_path: Path
) -> None:
    lead_to(tmp_path, free_port("127.0.0.1"), patience_s=PATIENCE_S)
    listening, at = server(b"after all")
    with listening, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(asked, calls[1])
        lead_to(tmp_path, at)
        assert waiting.result(PATIENCE_S) == b"asked after all"


def test_a_door_leads_where_it_is_told_and_asks_nobody_twice(tmp_path: Path) -> None:
    port = free_port("127.0.0.1")
    write_json(tmp_path / kept.FILE, {"address": "127.0.0.1", "port": port})
    words = [sys.executable, "-I", "-S", str(kept.KEEP), str(tmp_path)]
    listening, at = server(b"there", silences=1)
    lead_to(tmp_path, at)
    with listening, subprocess.Popen(words) as process:
        try:
            until = time.monotonic() + PATIENCE_S
            while not (tmp_path / kept.OPEN).exists() and time.monotonic() < until:
                time.sleep(0.01)
            said = [asked(port, ends=False) for _ in range(2)]
            assert said == [b"", b"asked there"]
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()


def test_it_ends_as_its_program_does(calls: tuple[subprocess.Popen[bytes], int]) -> None:
    process, _ = calls
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 7


def test_its_program_ends_with_it(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "raise SystemExit(3)"]
    told = {"address": "127.0.0.1", "port": free_port("127.0.0.1"), "argv": argv}
    (tmp_path / kept.FILE).write_text(json.dumps(told))
    words = [sys.executable, "-I", "-S", str(kept.KEEP), str(tmp_path)]
    began = time.monotonic()
    assert subprocess.run(words, check=False, timeout=PATIENCE_S).returncode == 3
    assert time.monotonic() - began < PATIENCE_S
