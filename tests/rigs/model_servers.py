"""Real models and real servers: each server is a process of its own on free ports."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from serving_cases import as_bytes

READY_S = 120
BUILD_MODELS = Path(__file__).resolve().parents[1] / "serving" / "build_models.py"


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Running:
    """A server process that is ready."""

    process: subprocess.Popen[str]
    line: str
    log: Path
    channels: list[Any] = field(default_factory=list)

    @property
    def rest_port(self) -> int:
        return int(re.search(r"http://127\.0\.0\.1:(\d+)", self.line)[1])

    @property
    def grpc_address(self) -> str:
        return re.search(r"grpc://(127\.0\.0\.1:\d+)", self.line)[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.rest_port}"

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | str | dict[str, Any] = b"",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        if isinstance(body, dict):
            body = json.dumps(body)
        content = body.encode() if isinstance(body, str) else body
        connection = http.client.HTTPConnection("127.0.0.1", self.rest_port, timeout=60)
        try:
            connection.request(method, path, content or None, headers or {})
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, named, response.read())
        finally:
            connection.close()

    def predict(self, model: str, body: dict[str, Any]) -> Answer:
        return self.ask("POST", f"/v1/models/{model}:predict", body)

    def stub(self, service: str) -> Any:
        """The official stub of `PredictionService` or `ModelService`."""
        import grpc

        from deepcat.serving.contract.protos import (
            model_service_pb2_grpc,
            prediction_service_pb2_grpc,
        )

        channel = grpc.insecure_channel(self.grpc_address)
        self.channels.append(channel)
        if service == "ModelService":
            return model_service_pb2_grpc.ModelServiceStub(channel)
        return prediction_service_pb2_grpc.PredictionServiceStub(channel)

    def stop(self) -> int:
        for channel in self.channels:
            channel.close()
        self.channels.clear()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(READY_S)
        finally:
            self.process.kill()
            self.process.stdout.close()


Start = Callable[..., Running]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of SavedModels, written by TensorFlow in a process of its own."""
    pytest.importorskip("grpc")
    folder = tmp_path_factory.mktemp("models")
    done = subprocess.run(
        [sys.executable, str(BUILD_MODELS), str(folder)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr
    return folder


def _command(arguments: Sequence[str]) -> list[str]:
    ports = [] if "--rest-port" in arguments else ["--rest-port", "0"]
    ports += [] if "--grpc-port" in arguments else ["--grpc-port", "0"]
    return [sys.executable, "-m", "deepcat", "serve", *ports, *arguments]


def _first_line(process: subprocess.Popen[str]) -> str:
    timer = threading.Timer(READY_S, process.kill)
    timer.start()
    try:
        return process.stdout.readline()
    finally:
        timer.cancel()


@pytest.fixture(scope="session")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start servers; all of them are stopped at the end."""
    folder = tmp_path_factory.mktemp("servers")
    started: list[Running] = []

    def start(*arguments: str) -> Running:
        log = folder / f"{len(started)}.log"
        with log.open("w") as file:
            process = subprocess.Popen(
                _command(arguments), stdout=subprocess.PIPE, stderr=file, text=True
            )
        line = _first_line(process)
        running = Running(process, line, log)
        started.append(running)
        assert line.startswith("serving "), log.read_text()
        return running

    yield start
    for running in started:
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGTERM)
    for running in started:
        running.stop()


@pytest.fixture
def failing_server() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a server that is expected to end by itself."""

    def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            _command(arguments),
            check=False,
            capture_output=True,
            text=True,
            timeout=READY_S,
            env={**os.environ, **(env or {})},
        )

    return run


@pytest.fixture(scope="session")
def linear(models: Path, start_server: Start) -> Running:
    """One server for the tests that only read: `linear` (two versions) and `echo`."""
    config = models / "linear.config"
    config.write_text(
        f"""model_config_list {{
          config {{
            name: "linear" base_path: "{models}/half_plus_two_2_versions"
            model_platform: "tensorflow"
            model_version_policy {{ all {{}} }}
            version_labels {{ key: "stable" value: 123 }}
          }}
          config {{ name: "echo" base_path: "{models}/echo" }}
          config {{ name: "three" base_path: "{models}/half_plus_three_tf1/123" }}
        }}"""
    )
    origins = [
        "--allow-origin",
        "https://example.org",
        "--allow-origin",
        "https://example.com:8443",
    ]
    return start_server("--config", str(config), *origins)


def _array_of(tensor: dict[str, Any]) -> Any:
    """The array that a conformance case describes."""
    import numpy as np

    from deepcat.serving.contract import dtypes

    dtype = dtypes.BY_NAME[tensor["dtype"]]
    special = ("NaN", "Infinity", "-Infinity")
    values = [float(v) if isinstance(v, str) and v in special else v for v in tensor["values"]]
    if dtype is dtypes.STRING:
        array = np.empty(len(values), dtype=object)
        array[:] = [as_bytes(value) for value in values]
    else:
        array = np.array(values, dtype=dtypes.numpy_type(dtype))
    return array.reshape(tensor["shape"] or ())


@pytest.fixture(scope="session")
def array_of() -> Callable[[dict[str, Any]], Any]:
    """Make the array that a conformance case describes."""
    return _array_of


@pytest.fixture(scope="session")
def native() -> Any:
    """TensorFlow's C library in this process."""
    from deepcat.serving.engine import choose

    return choose.start("native")
