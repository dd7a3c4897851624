"""A pod that lives and never answers is asked why: its server says that a model does not load."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from deepcat.clouds.kinds.kubernetes import loading
from deepcat.host.failure import StepError

pytestmark = pytest.mark.starts("a server")
EACH = {"models": [{"name": "half", "version": 1}]}
RUNS = [{"name": "server", "state": {"running": {"startedAt": "now"}}}]


def pod(*, ready: str = "False", containers: Any = RUNS) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": ready}]
    status = {"conditions": conditions, "containerStatuses": containers}
    return {"metadata": {"name": "demo-1"}, "status": status}


@contextmanager
def said(state: str, why: str = "") -> Iterator[str]:
    """A server that says this of its one model."""

    class Saying(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = {"state": state, "status": {"error_message": why}}
            body = json.dumps({"model_version_status": [status]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Saying)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def led(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where the way to a pod leads, and to which pods one was opened."""
    found = [""]

    @contextmanager
    def forwarded(_: Any, __: Any, ___: Any, name: str) -> Iterator[dict[str, str]]:
        found.append(name)
        yield {"rest": found[0]}

    monkeypatch.setattr(loading, "forwarded", forwarded)
    return found


def test_a_model_that_does_not_load_is_told_with_the_servers_words(led: list[str]) -> None:
    with (
        said("END", "no such file: variables.index") as led[0],
        pytest.raises(StepError, match=r"variables\.index") as told,
    ):
        loading.require_loading(None, EACH, [pod()], None)  # type: ignore[arg-type]
    assert (told.value.kind, told.value.code) == ("module", "run/model")


def test_one_that_loads_is_waited_for(led: list[str]) -> None:
    with said("LOADING") as led[0]:
        loading.require_loading(None, EACH, [pod()], None)  # type: ignore[arg-type]
    assert led[1:] == ["demo-1"]


def test_one_that_listens_nowhere_yet_is_waited_for(led: list[str]) -> None:
    led[0] = "http://127.0.0.1:9"
    loading.require_loading(None, EACH, [pod()], None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "each",
    [
        pod(ready="True"),
        pod(containers=[]),
        pod(containers=[{"name": "server", "state": {"waiting": {}}}]),
        pod(containers=[{"name": "fetch", "state": {"running": {"startedAt": "now"}}}]),
    ],
)
def test_what_answers_or_does_not_run_is_not_asked(led: list[str], each: dict[str, Any]) -> None:
    loading.require_loading(None, EACH, [each], None)  # type: ignore[arg-type]
    assert led[1:] == []
