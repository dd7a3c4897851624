"""A server that answers at sockets of the file system too, for programs of its machine alone."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.tensorflow


def test_rest_and_grpc_at_paths(models: Path, start_server: Any, tmp_path: Path) -> None:
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    rest, rpc = tmp_path / "r", tmp_path / "g"
    # What a server left that was killed.
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(rest))
    words = ["--rest-socket", str(rest), "--grpc-socket-path", str(rpc)]
    server = start_server("--model", f"three={models / 'half_plus_three_tf1'}", *words)
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(60)
    connection.sock.connect(str(rest))
    connection.request("POST", "/v1/models/three:predict", json.dumps({"instances": [1.0]}))
    assert json.loads(connection.getresponse().read()) == {"predictions": [3.5]}
    connection.close()
    assert (rest.stat().st_mode & 0o777, rpc.stat().st_mode & 0o777) == (0o660, 0o660)
    with grpc.insecure_channel(f"unix:{rpc}") as channel:
        request = health_pb2.HealthCheckRequest(service="three")
        assert health_pb2_grpc.HealthStub(channel).Check(request, timeout=60).status == 1
    assert server.predict("three", {"instances": [1.0]}).json == {"predictions": [3.5]}
    assert server.stop() == 0
    assert not rest.exists()


def test_what_is_at_a_path_is_not_taken_away(tmp_path: Path) -> None:
    from deepcat.errors import DeepcatError
    from deepcat.serving.server.ports import bind_path

    (tmp_path / "file").write_text("precious")
    with pytest.raises(DeepcatError, match="it is no socket"):
        bind_path(str(tmp_path / "file"))
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "other"))
        other.listen()
        with pytest.raises(DeepcatError, match="a server listens there"):
            bind_path(str(tmp_path / "other"))
    with pytest.raises(DeepcatError, match="cannot listen at"):
        bind_path(str(tmp_path / "no" / "such"))
