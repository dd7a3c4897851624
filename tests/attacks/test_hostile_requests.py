"""Hostile requests to a real server: `bench/hostile.py` sends many more, and says how it was."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hostile
import pytest
from waiting import until

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.slow,
    pytest.mark.starts("a server"),
    pytest.mark.xdist_group("hostile requests"),
]

HEAD = b"POST /v1/models/half:predict HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n"
QUESTION = {"instances": [1.0, 2.0, 5.0]}


@pytest.fixture(scope="module")
def server(models: Path, start_server: Callable[..., Any]) -> Any:
    return start_server("--model", f"half={models / 'half_plus_two_2_versions'}")


@pytest.fixture(scope="module")
def target(server: Any) -> hostile.Target:
    return hostile.Target(server.rest_port, server.grpc_address, server.process.pid)


def test_some_of_all_kinds(server: Any, target: hostile.Target) -> None:
    hostile.attack(target, 200, seed=1)
    before, files = target.resident, target.files
    client = hostile.well_behaved(server.rest_port, 3600)
    connections = hostile.idle(target, 200)
    report = hostile.attack(target, 600, seed=2)
    behaved = hostile.seen(client, stop=True)
    for opened in connections:
        opened.close()
    assert report.worst == []
    assert report.total == 600
    assert behaved.answers
    assert behaved.wrong == 0
    assert server.predict("half", QUESTION).status == 200
    assert "Traceback" not in server.log.read_text()
    until(lambda: target.files <= files + 2)
    until(lambda: target.resident <= 1.1 * before)


def test_half_requests_are_ended(server: Any, target: hostile.Target) -> None:
    files = target.files
    sent = (b"", b"P", HEAD, HEAD + b"\r\n{", HEAD + b"\r\n" + b"{" * 29)
    opened = []
    for number in range(600):
        each = socket.create_connection(("127.0.0.1", server.rest_port), timeout=120)
        each.sendall(sent[number % len(sent)])
        opened.append(each)
    assert server.predict("half", QUESTION).status == 200
    # Those that never end their headers first, then those that never end their body.
    until(lambda: target.files <= files + 250)
    assert server.predict("half", QUESTION).status == 200
    until(lambda: target.files <= files + 2)
    assert opened[2].recv(100).startswith(b"HTTP/1.1 408 ")
    for each in opened:
        each.close()


def test_a_tensor_of_thirty_bytes_takes_no_gigabyte(server: Any, target: hostile.Target) -> None:
    import grpc

    from deepcat.serving.contract.protos import predict_pb2

    before = target.resident
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "half"
    tensor = request.inputs["x"]
    tensor.dtype = 1
    tensor.float_val.append(1.0)
    tensor.tensor_shape.dim.add(size=2**28)
    predict = server.stub("PredictionService").Predict
    with pytest.raises(grpc.RpcError) as caught:
        predict(request, timeout=60)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert target.resident < before + 100 * 2**20
    # Many that each stay below the bound do not pass it together.
    del tensor.tensor_shape.dim[:]
    tensor.tensor_shape.dim.add(size=2**23)
    for number in range(40):
        request.inputs[f"x{number}"].CopyFrom(tensor)
    with pytest.raises(grpc.RpcError) as caught:
        predict(request, timeout=60)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    until(lambda: target.resident <= 1.1 * before)


@pytest.mark.parametrize("rank", [65, 254, 255, 2000])
def test_a_tensor_of_many_dimensions(server: Any, rank: int) -> None:
    import grpc

    from deepcat.serving.contract.protos import predict_pb2

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "half"
    tensor = request.inputs["x"]
    tensor.dtype = 1
    tensor.float_val.append(1.0)
    for _ in range(rank):
        tensor.tensor_shape.dim.add(size=1)
    with pytest.raises(grpc.RpcError) as caught:
        server.stub("PredictionService").Predict(request, timeout=60)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_headers_only_hold_nothing_of_grpc(server: Any) -> None:
    """Calls that say who they are and then nothing: others are answered all the same."""
    import grpc

    channel = grpc.insecure_channel(server.grpc_address, [("grpc.use_local_subchannel_pool", 1)])
    silent = channel.stream_unary("/tensorflow.serving.PredictionService/Predict")
    go_on = threading.Event()

    def nothing() -> Any:
        go_on.wait(120)
        yield from ()

    calls = [silent.future(nothing(), timeout=300) for _ in range(100)]
    from deepcat.serving.contract.protos import get_model_status_pb2

    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "half"
    for _ in range(5):
        server.stub("ModelService").GetModelStatus(request, timeout=60)
    go_on.set()
    for call in calls:
        call.cancel()
    channel.close()
