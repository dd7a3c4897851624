"""Clients of TensorFlow Serving that others wrote are answered as they expect."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="session")
def client(apart: Callable[[str, str], Path]) -> Path:
    """The Python of the environment that has the clients."""
    return apart("clients", "python")


def _told(client: Path, *words: str) -> Any:
    script = Path(__file__).with_name("client.py")
    done = subprocess.run(
        [client, script, *words], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("way", ["ovms", "ovms-rest"])
def test_openvinos_client(linear: Any, client: Path, way: str) -> None:
    address = f"127.0.0.1:{linear.rest_port}" if way == "ovms-rest" else linear.grpc_address
    told = _told(client, way, address)
    assert told["latest"] == told["version"] == [2.5, 3.0]
    assert told["status"] == {"123": "AVAILABLE", "124": "AVAILABLE"}
    assert told["metadata"]["version"] == 124
    assert told["one"] == 123
    assert told["error"].startswith("ModelNotFoundError ")
    assert "Servable not found for request: Specific(linear, 7)" in told["error"]


def test_the_minimal_client(linear: Any, client: Path) -> None:
    told = _told(client, "min", linear.grpc_address)
    assert told == {"latest": [[2.5, 3.0], 124], "version": [[2.5, 3.0], 123]}
