"""Who asked to be told is told by merge and watch: once for each change of a state."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

pytestmark = pytest.mark.starts("deepcat, Ansible and a web server")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str]]]:
    """What a web server of this machine was told: (event, message)."""
    rows: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            row = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            rows.append((row["type"].removeprefix("deployment."), row["data"]["message"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setenv("HOOK", f"http://127.0.0.1:{server.server_address[1]}/")
        monkeypatch.setenv("DEEPCAT_NOTIFY_PRIVATE", "1")
        yield rows
        server.shutdown()
        thread.join()


def test_each_change_of_a_state_is_told_once(tool: Any, told: list[tuple[str, str]]) -> None:
    text = (tool.root / "deepcat.yaml").read_text()
    tool.write({"deepcat.yaml": f"{text}notify: [{{to: 'env:HOOK'}}]\n"})
    cloud = (tool.root / "clouds/local.yaml").read_text()
    tool.write({"clouds/local.yaml": None})
    tool.commit("no cloud")
    tool.deepcat("ci", "merge", ok=False)
    assert [event for event, _ in told] == ["refused"] and told[0][1]
    tool.deepcat("ci", "merge", ok=False)
    tool.deepcat("ci", "watch", ok=False)
    assert len(told) == 1
    tool.write({"clouds/local.yaml": cloud})
    tool.commit("mended")
    tool.deepcat("ci", "merge")
    tool.deepcat("ci", "watch")
    assert [event for event, _ in told] == ["refused", "applied"]
    tool.write({"deployments/demo.yaml": None})
    tool.commit("gone")
    tool.deepcat("apply", "-y", "--notify")
    assert [event for event, _ in told] == ["refused", "applied", "removed"]
