"""A model's file that is converted for a new module is a program: its box says what it can do."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from deepcat.cli.new.taking import boxed_by
from deepcat.host.box import run
from deepcat.host.box.layers import available

pytestmark = pytest.mark.starts("a program")

DEEDS = {
    "reads a file": "open({file!r}).read()",
    "writes a file": "open({file!r}, 'w').write('x')",
    "sees a variable": "os.environ['FORGE_TOKEN']",
    "calls out": "socket.create_connection(('127.0.0.1', {port}), 2)",
}


@pytest.mark.parametrize("what", DEEDS)
def test_what_is_converted_reaches_nothing(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not available().suffices:
        pytest.skip("this machine gives no box")
    monkeypatch.setenv("FORGE_TOKEN", "hunter2")
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    with socket.create_server(("127.0.0.1", 0)) as server:
        deed = DEEDS[what].format(file=str(secret), port=server.getsockname()[1])
        own = "import os, socket\nopen('/tmp/own', 'w').write('x')\nprint('begun')"
        code = f"{own}\n{deed}\nprint('did')"
        done = run.run((sys.executable, "-I", "-c", code), boxed_by())
    assert done.out.decode().splitlines() == ["begun"], done.err.decode()
    assert secret.read_text() == "hunter2"
    assert "hunter2" not in done.err.decode()
    assert os.environ["FORGE_TOKEN"] == "hunter2"
