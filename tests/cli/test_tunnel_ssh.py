"""A tunnel to a host of its own with a real sshd, which is cut off and comes back, and moves."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from ssh_hosts import Host, Hosts

from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store

pytestmark = [pytest.mark.starts("hosts with sshd"), pytest.mark.system("sshd", "ip", "unshare")]

# A model server that knows which host it is on, and takes its time when it is asked to.
SERVER = """\
import http.server, json, socket
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"predictions": socket.gethostname()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("0.0.0.0", 8501), Handler).serve_forever()
"""


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    found = Hosts(tmp_path / "hosts")
    found.folder.mkdir()
    try:
        found.begin()
        for host in found.all:
            (host.root / "srv" / "server.py").write_text(SERVER)
            host.run("setsid /usr/bin/python3 /srv/server.py >/dev/null 2>&1 &")
        yield found
    finally:
        found.end()


@pytest.fixture
def root(git_tree_at: Callable[[Mapping[str, str]], Path], hosts: Hosts) -> Path:
    section = {
        "hosts": {host.name: {"address": host.address} for host in hosts.all},
        "known_hosts": [host.known for host in hosts.all],
        "user": "root",
        "identity": str(hosts.key),
    }
    cloud = {"apiVersion": "deepcat/v1", "name": "far", "kind": "ssh", "summary": "S."}
    return git_tree_at(
        {
            "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\nid: ours\n",
            "clouds/far.yaml": yaml.safe_dump(cloud | {"ssh": section}),
        }
    )


def runs_on(root: Path, host: Host) -> None:
    state = State(
        "demo", "half", "1.0.0", "d", "serve", {}, "far", host.name, Status.RUNNING, "wish", "",
        endpoints={"rest": f"http://{host.address}:8501"}, run=host.name, catalog="ours",
        resources={"machine": "m", "place": "~/.deepcat/ours/demo", "models": ["half"]},
    )  # fmt: skip
    Store(root).update("demo", lambda _: Record(state), f"demo: on {host.name}")


@pytest.fixture
def held(root: Path, hosts: Hosts) -> Iterator[subprocess.Popen[str]]:
    """The command, at work."""
    runs_on(root, hosts.all[0])
    with subprocess.Popen(
        [sys.executable, "-m", "deepcat.cli.main", "-C", str(root), "tunnel", "demo", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def ask(address: str) -> str:
    request = urllib.request.Request(f"{address}/v1/models/half:predict", b"{}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(json.loads(answer.read())["predictions"])


def ways_of(process: subprocess.Popen[str]) -> list[int]:
    """The processes that hold its ways."""
    found = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [int(pid) for path in found for pid in path.read_text().split()]


def test_a_host_that_is_cut_off_and_comes_back_loses_no_request(
    root: Path, hosts: Hosts, held: subprocess.Popen[str]
) -> None:
    one, two = hosts.all
    assert held.stdout
    assert held.stderr
    address = json.loads(held.stdout.readline())["endpoints"]["rest"]
    assert ask(address) == one.name
    one.cut()
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(ask(address)))
    asking.start()
    assert "the way to `demo` is lost: " in held.stderr.readline()
    one.restore()
    assert "there is a way to `demo` again" in held.stderr.readline()
    asking.join()
    assert answers == [one.name], "who asked while it was cut off waited"
    runs_on(root, two)
    assert "was brought up anew" in held.stderr.readline()
    assert ask(address) == two.name
    ways = ways_of(held)
    assert ways
    watched = [os.pidfd_open(pid) for pid in ways]
    held.kill()
    # Whatever ends the command ends its ways, too.
    for each in watched:
        assert select.select([each], [], [], 15)[0], "a way goes on alone"
        os.close(each)
