"""The real DEEPaaS with an author's plug-in, and our server with the same model."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from free_ports import free_ports

HERE = Path(__file__).parent
READY_S = 120
NAMES = ("twin", "several")
PNG = b"\x89PNG\r\n\x1a\n--grain\r\n\x00\xff"


@dataclass(frozen=True)
class Said:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Api:
    """A server that speaks DEEPaaS' API."""

    port: int

    def ask(
        self, verb: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Said:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(verb, path, body or None, headers or {})
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Said(answer.status, named, answer.read())
        finally:
            connection.close()


@pytest.fixture(scope="session")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is told of the models: the same as their plug-ins say."""
    path = tmp_path_factory.mktemp("about") / "about.json"
    image = {"b64": "iVBORw0KGgo="}
    sample = {"name": "one", "method": "predict", "request": {"inputs": {"image_bytes": image}}}
    about = {
        "description": "One argument of each kind.",
        "author": "The founders",
        "version": "1.0.0",
        "url": "https://example.org/twin",
        "license": "Apache-2.0",
        "inputs": {"image_bytes": "An image."},
        "samples": [{**sample, "response": {"outputs": {"image_bytes": image}}}],
    }
    several = {"description": "A choice.", "version": "1.0.0", "samples": about["samples"]}
    several["inputs"] = about["inputs"]
    path.write_text(json.dumps({"twin": about, "several": several}))
    return path


@pytest.fixture(scope="session")
def ours(models: Path, card: Path, start_server: Any) -> Api:
    """Our own server."""
    words = [word for name in NAMES for word in ("--model", f"{name}={models / name}")]
    return Api(start_server(*words, "--about", str(card)).rest_port)


@pytest.fixture(scope="session")
def real(
    tmp_path_factory: pytest.TempPathFactory, apart: Callable[[str, str], Path]
) -> Iterator[Api]:
    """DEEPaaS' own, with all plug-ins that it finds."""
    program = apart("deepaas", "deepaas-run")
    folder = tmp_path_factory.mktemp("deepaas")
    (port,) = free_ports(1)
    log = folder / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [program, "--listen-port", str(port)],
            stdout=file,
            stderr=file,
            env={**os.environ, "HOME": str(folder), "PYTHONPATH": str(HERE / "plugin")},
        )
    try:
        _wait(port, process, log)
        yield Api(port)
    finally:
        process.terminate()
        try:
            process.wait(120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(port: int, process: subprocess.Popen[Any], log: Path) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"DEEPaaS does not start:\n{log.read_text()}", pytrace=False)
