"""`deepcat tunnel`, `predict` and `ssh` for what runs on a cloud of another machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from deepcat.cli.main import cli
from deepcat.errors import DeepcatError
from deepcat.plan.digests import plain
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store

pytestmark = pytest.mark.starts("deepcat, as a program, and a server")

FILES = {
    "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\nid: ours\n",
    "clouds/far.yaml": "apiVersion: deepcat/v1\nname: far\nkind: outside\nsummary: S.\n"
    "address: far.example.org\n",
}
RESOURCES = {"machine": "far", "place": "/srv/deepcat/demo", "models": ["half"], "said": ["a", "b"]}


class Stub(BaseHTTPRequestHandler):
    """Says which server it is, as a prediction."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"predictions": [self.server.server_port]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def servers() -> Iterator[tuple[int, int]]:
    """The ports of two servers."""
    found = [ThreadingHTTPServer(("127.0.0.1", 0), Stub) for _ in range(2)]
    for each in found:
        threading.Thread(target=each.serve_forever, args=(0.02,), daemon=True).start()
    yield found[0].server_port, found[1].server_port
    for each in found:
        each.shutdown()
        each.server_close()


@pytest.fixture
def root(git_tree_at: Callable[[Mapping[str, str]], Path], outside_kind: Path) -> Path:
    return git_tree_at(FILES)


def runs_at(root: Path, port: int, *, tagged: bool = True, run: str = "r1") -> None:
    """It runs there, by its record, and by its owner tag."""
    endpoints = {"rest": f"http://127.0.0.1:{port}"}
    state = State(
        "demo", "half", "1.0.0", "d", "serve", {}, "far", "spare", Status.RUNNING, "wish", "",
        endpoints=endpoints, resources=RESOURCES, run=run, catalog="ours",
    )  # fmt: skip
    if tagged:
        path = root / ".deepcat" / "outside" / "demo.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(plain(state)))
    Store(root).update("demo", lambda _: Record(state), f"demo: runs at {port}")


def call(root: Path, *argv: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(root), *argv], input='{"instances": [1]}')


def start(root: Path, outside: Path, *argv: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "deepcat.cli.main", "-C", str(root), *argv],
        env={**os.environ, "PYTHONPATH": str(outside)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ask(address: str) -> int:
    body = b'{"instances": [1]}'
    request = urllib.request.Request(f"{address}/v1/models/half:predict", body)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return int(json.loads(answer.read())["predictions"][0])


def test_a_tunnel_follows_what_it_leads_to_and_ends_with_it(
    root: Path, outside_kind: Path, servers: tuple[int, int]
) -> None:
    runs_at(root, servers[0])
    with start(root, outside_kind, "tunnel", "demo", "--json") as held:
        assert held.stdout and held.stderr
        said = json.loads(held.stdout.readline())
        assert (said["format"], said["name"], said["models"]) == (
            "deepcat-tunnel/v1", "demo", ["half"],
        )  # fmt: skip
        assert set(said) == {"format", "name", "endpoints", "models"}
        address = said["endpoints"]["rest"]
        assert address not in (f"http://127.0.0.1:{port}" for port in servers)
        assert ask(address) == servers[0]
        runs_at(root, servers[1], run="r2")
        assert "was brought up anew; the tunnel leads there now" in held.stderr.readline()
        assert ask(address) == servers[1]
        Store(root).update(
            "demo", lambda r: replace(r, state=replace(r.state, endpoints={})) if r else None,
            "demo: is gone",
        )  # fmt: skip
        assert "`demo` does not run any more" in held.stderr.read()
    assert held.returncode == 1


def test_a_tunnel_ends_well_when_it_is_told_to(
    root: Path, outside_kind: Path, servers: tuple[int, int], free_port: int
) -> None:
    runs_at(root, servers[0])
    with start(root, outside_kind, "tunnel", "demo", "--port", str(free_port)) as held:
        assert held.stdout
        lines = [held.stdout.readline() for _ in range(3)]
        assert f"http://127.0.0.1:{free_port}" in lines[1]
        assert f"curl http://127.0.0.1:{free_port}/v1/models/half" in lines[2]
        held.send_signal(signal.SIGTERM)
    assert held.returncode == 0


def test_predict_goes_by_itself_where_the_owner_tag_says_so(
    root: Path, servers: tuple[int, int]
) -> None:
    runs_at(root, servers[0])
    done = call(root, "predict", "demo", "--data", "-")
    assert json.loads(done.output) == {"predictions": [servers[0]]}, done.exception
    (root / ".deepcat" / "outside" / "demo.json").unlink()
    refused = call(root, "predict", "demo", "--data", "-").exception
    assert isinstance(refused, DeepcatError)
    assert refused.code == "predict/address", "a record alone lets no machine's own port be asked"
    assert "`far` does not say that it runs there" in refused.message


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (("tunnel", "none"), "predict/unknown", "there is no deployment `none`"),
        (("tunnel", "demo", "--grpc-port", "0"), "", "`demo` has no grpc endpoint"),
        (("ssh", "none"), "ssh/unknown", "there is no deployment `none`"),
    ],
)
def test_what_is_not_there_is_refused_by_name(
    root: Path, servers: tuple[int, int], argv: tuple[str, ...], code: str, words: str
) -> None:
    runs_at(root, servers[0])
    refused = call(root, *argv).exception
    assert isinstance(refused, DeepcatError)
    assert refused.code == code
    assert words in refused.message


def test_a_port_that_is_taken_is_said(root: Path, servers: tuple[int, int]) -> None:
    runs_at(root, servers[0])
    refused = call(root, "tunnel", "demo", "--port", str(servers[1])).exception
    assert isinstance(refused, DeepcatError)
    assert refused.code == "tunnel/port"


def test_status_says_how_it_is_reached(root: Path, servers: tuple[int, int]) -> None:
    runs_at(root, servers[0])
    assert "to reach it from here: deepcat tunnel demo" in call(root, "status").output


def test_a_shell_is_the_kinds_own(
    root: Path, servers: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs_at(root, servers[0])
    begun: list[list[str]] = []
    monkeypatch.setattr(os, "execvp", lambda _, argv: begun.append(argv))
    call(root, "ssh", "demo")
    assert begun == [["ssh", "far.example.org"]]


def test_the_log_is_what_the_kind_has(root: Path, servers: tuple[int, int]) -> None:
    runs_at(root, servers[0])
    assert call(root, "logs", "demo", "-n", "1").output == "b\n"
