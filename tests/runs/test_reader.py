"""A new server takes over only once it answers as its reader asks it, from the controller."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import FailureKind
from deepcat.clouds.kind import Means
from deepcat.plan.values import Status
from deepcat.remote.http2 import speaks_http2
from deepcat.runs import reader
from deepcat.runs.asked import answered, ask
from deepcat.runs.reader import Reader, prove
from deepcat.runs.values import Event

LOST = {"rest": "http://127.0.0.1:9", "grpc": "127.0.0.1:9"}
SAMPLE = {"name": "one", "method": "predict", "request": {}, "response": {"predictions": [3.0]},
          "tolerance": 0.001}  # fmt: skip
SETTINGS = b"\0\0\0\x04\0\0\0\0\0"


@pytest.mark.tensorflow
def test_what_its_reader_does_not_reach_does_not_take_over(
    catalog: Any, folders: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "host").mkdir()
    (catalog.root / "clouds" / "local.yaml").unlink()
    (catalog.root / "clouds" / "far.yaml").write_text(
        "apiVersion: deepcat/v1\nname: far\nkind: folders\nsummary: S.\nprice: 0\n"
        f"folders: {{hosts: {{a: {tmp_path / 'host'}}}}}\n"
    )
    catalog.commit()
    events: list[Event] = []
    (outcome,) = catalog.apply(say=events.append)
    assert outcome.ok, outcome.failures
    assert "ask it as its reader will" in {event.step for event in events}
    asked: list[Mapping[str, str]] = []

    def away(_cloud: Cloud, listens: Mapping[str, str]) -> Mapping[str, str]:
        asked.append(listens)
        return LOST

    catalog.new_model()
    catalog.commit()
    monkeypatch.setattr(reader, "_PATIENCE_S", 0.1)
    with monkeypatch.context() as patch:
        patch.setattr(folders, "endpoint", away, raising=False)
        (outcome,) = catalog.apply()
    (failure,) = outcome.failures
    assert (failure.code, failure.kind) == ("run/endpoint", FailureKind.CLOUD)
    assert failure.message.endswith("nothing answered at 127.0.0.1:9 for 0 s")
    # A server that is only on trial is asked where it is, and then at the ports that will stay.
    assert [f"http://127.0.0.1:{catalog.rest_port}" == each["rest"] for each in asked[:2]] == [
        False, True,
    ]  # fmt: skip
    assert catalog.record.state.status is Status.RUNNING
    assert catalog.ask() == [3.0], "what ran before goes on"
    (outcome,) = catalog.apply()
    assert outcome.ok, outcome.failures
    (outcome,) = catalog.destroy()
    assert not list((tmp_path / "host").glob("*/*"))


class Stub(BaseHTTPRequestHandler):
    """A model server that knows one answer."""

    answer, status = 3.0, 200

    def do_GET(self) -> None:
        self._say({"model_version_status": [{"state": "AVAILABLE"}]})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say({"predictions": [self.answer]}, self.status)

    def _say(self, data: Any, status: int = 200) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def stub() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Stub) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def greeter() -> Iterator[Callable[[bytes], int]]:
    """Start a server that says something to whoever greets it; gives its port."""
    begun: list[socket.socket] = []

    def start(says: bytes) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        begun.append(server)

        def serve() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with closing(peer):
                    peer.recv(100)
                    peer.sendall(says)

        threading.Thread(target=serve, daemon=True).start()
        return int(server.getsockname()[1])

    yield start
    for each in begun:
        each.shutdown(socket.SHUT_RDWR)
        each.close()


@pytest.mark.starts("a server")
@pytest.mark.parametrize(
    ("says", "is_one"),
    [
        (SETTINGS, True),
        (b"\0\0\x06" + SETTINGS[3:] + b"\0\x03\0\0\0\x80", True),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", False),
        (b"\0\0\0\x04", False),
        (b"", False),
    ],
)
def test_http2_is_known_by_its_first_frame(
    greeter: Callable[[bytes], int], says: bytes, is_one: bool
) -> None:
    assert speaks_http2("127.0.0.1", greeter(says), 5) is is_one


@pytest.mark.starts("a server")
@pytest.mark.parametrize(
    ("answer", "settings", "words"),
    [
        (3.0, SETTINGS, ""),
        (4.0, SETTINGS, "answers sample `one` otherwise than its host"),
        (3.0, b"no", "nothing answered at 127.0.0.1:"),
    ],
)
def test_it_is_asked_for_its_samples_and_by_grpc(
    folders: Any,
    stub: str,
    greeter: Callable[[bytes], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: float,
    settings: bytes,
    words: str,
) -> None:
    monkeypatch.setattr(reader, "_PATIENCE_S", 0.1)
    monkeypatch.setattr(Stub, "answer", answer)
    samples = tmp_path / "samples.json"
    samples.write_text(json.dumps([SAMPLE]))
    cloud = Cloud("far", "clouds/far.yaml", "folders", {"folders": {"hosts": {"a": "/"}}})
    known = Reader("demo", cloud, "a", Means(tmp_path, "ours"), samples)
    listens = {"rest": stub, "grpc": f"127.0.0.1:{greeter(settings)}"}
    model = {"name": "half", "version": 1}
    told = prove(known, [{"models": [model], "listens": listens, "final": listens}])
    assert told.get("failed", False) is bool(words)
    assert words in told.get("msg", "")
    assert told.get("deepcat_failure", {}).get("code", "") == ("run/endpoint" if words else "")
    assert "deepcat" not in told, "its host has told how the samples went"


@pytest.mark.starts("a server")
@pytest.mark.parametrize(
    ("status", "answer", "servers", "words", "passed"),
    [
        (200, 3.0, 1, "", 2),
        (200, 3.0, 2, "", 4),
        (200, 4.0, 1, "sample `one`: ", None),
        (400, 3.0, 1, "answered with 400", None),
    ],
)
def test_what_nobody_has_asked_is_compared_by_its_reader(
    folders: Any,
    stub: str,
    greeter: Callable[[bytes], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    answer: float,
    servers: int,
    words: str,
    passed: int | None,
) -> None:
    monkeypatch.setattr(Stub, "answer", answer)
    monkeypatch.setattr(Stub, "status", status)
    samples = tmp_path / "samples.json"
    samples.write_text(json.dumps([SAMPLE, {**SAMPLE, "name": "two"}]))
    cloud = Cloud("far", "clouds/far.yaml", "folders", {"folders": {"hosts": {"a": "/"}}})
    known = Reader("demo", cloud, "a", Means(tmp_path, "ours"), samples)
    listens = {"rest": stub, "grpc": f"127.0.0.1:{greeter(SETTINGS)}"}
    server = {"models": [{"name": "half", "version": 1}], "listens": listens, "final": listens}
    told = prove(known, [{**server, "unasked": True}] * servers)
    assert told.get("deepcat", {}).get("samples", {}).get("passed") == passed
    failure = told.get("deepcat_failure", {})
    assert words in failure.get("message", "")
    assert (failure.get("kind"), failure.get("code")) == (
        ("module", "run/sample") if words else (None, None)
    )


def test_what_nobody_has_asked_takes_over_by_no_other_s_answer(
    folders: Any, tmp_path: Path
) -> None:
    samples = tmp_path / "samples.json"
    samples.write_text(json.dumps([SAMPLE]))
    cloud = Cloud("far", "clouds/far.yaml", "folders", {"folders": {"hosts": {"a": "/"}}})
    known = Reader("demo", cloud, "a", Means(tmp_path, "ours"), samples)
    final = {"rest": "http://127.0.0.1:9", "grpc": "127.0.0.1:9"}
    listens = {"rest": "http://127.0.0.1:10", "grpc": "127.0.0.1:10"}
    server = {"models": [{"name": "half", "version": 1}], "listens": listens, "final": final}
    told = prove(known, [{**server, "unasked": True}])
    assert told["msg"].endswith("no tunnel leads to it before it takes over")


@pytest.mark.starts("a server")
def test_a_task_asks_and_is_answered_whatever_happens() -> None:
    def answer(question: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"twice": question["n"] * 2}

    with answered(answer) as path:
        assert ask(path, {"n": 40_000}) == {"twice": 80_000}
        assert ask(path, {}) == {"failed": True, "msg": "KeyError: 'n'"}
        assert Path(path).parent.stat().st_mode & 0o077 == 0
    with pytest.raises(OSError):
        ask(path, {"n": 1})
