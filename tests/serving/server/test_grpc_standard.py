"""What any client of gRPC asks a server: is it well, what does it speak, how much may be sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def channel(linear: Any) -> Iterator[Any]:
    grpc = pytest.importorskip("grpc")
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(linear.grpc_address, options=options) as opened:
        yield opened


def _health(channel: Any) -> Any:
    from grpc_health.v1 import health_pb2_grpc

    return health_pb2_grpc.HealthStub(channel)


@pytest.mark.parametrize("service", ["", "linear", "echo", "tensorflow.serving.PredictionService"])
def test_health_of_what_serves(channel: Any, service: str) -> None:
    from grpc_health.v1 import health_pb2

    request = health_pb2.HealthCheckRequest(service=service)
    assert _health(channel).Check(request, timeout=60).status == 1
    stream = _health(channel).Watch(request, timeout=60)
    assert next(iter(stream)).status == 1
    stream.cancel()


def test_health_of_what_is_unknown(channel: Any) -> None:
    import grpc
    from grpc_health.v1 import health_pb2

    request = health_pb2.HealthCheckRequest(service="nobody")
    with pytest.raises(grpc.RpcError) as caught:
        _health(channel).Check(request, timeout=60)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    stream = _health(channel).Watch(request, timeout=60)
    assert next(iter(stream)).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
    stream.cancel()


def test_health_of_all(channel: Any) -> None:
    from grpc_health.v1 import health_pb2

    found = _health(channel).List(health_pb2.HealthListRequest(), timeout=60).statuses
    assert {"", "linear", "echo", "three"} <= set(found)
    assert {each.status for each in found.values()} == {1}


def test_reflection_tells_each_service(channel: Any) -> None:
    from google.protobuf import descriptor_pool
    from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
        ProtoReflectionDescriptorDatabase,
    )

    database = ProtoReflectionDescriptorDatabase(channel)
    services = set(database.get_services())
    assert {
        "tensorflow.serving.PredictionService",
        "tensorflow.serving.ModelService",
        "inference.GRPCInferenceService",
        "grpc.health.v1.Health",
    } <= services
    pool = descriptor_pool.DescriptorPool(database)
    predict = pool.FindServiceByName("tensorflow.serving.PredictionService")
    assert predict.methods_by_name["Predict"].input_type.fields_by_name["inputs"]
    assert pool.FindServiceByName("inference.GRPCInferenceService").methods_by_name


def test_a_message_of_a_hundred_megabytes(channel: Any) -> None:
    from deepcat.serving.contract.protos import predict_pb2, prediction_service_pb2_grpc
    from deepcat.serving.contract.tensors import to_array, to_proto

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "linear"
    request.inputs["x"].CopyFrom(to_proto(np.ones(26_000_000, np.float32)))
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    response = stub.Predict(request, timeout=120)
    assert to_array(response.outputs["y"])[-1] == 2.5


@pytest.mark.parametrize("rank", [65, 254, 255, 1000])
def test_a_tensor_of_too_many_dimensions_is_a_mistake_of_its_sender(
    channel: Any, rank: int
) -> None:
    import grpc

    from deepcat.serving.contract.protos import predict_pb2, prediction_service_pb2_grpc

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "linear"
    tensor = request.inputs["x"]
    tensor.dtype = 1
    tensor.float_val.append(1.0)
    for _ in range(rank):
        tensor.tensor_shape.dim.add().size = 1
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    with pytest.raises(grpc.RpcError) as caught:
        stub.Predict(request, timeout=60)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.slow
def test_who_only_looks_on_holds_up_no_end(models: Path, start_server: Callable[..., Any]) -> None:
    grpc = pytest.importorskip("grpc")
    from grpc_health.v1 import health_pb2
    from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

    path = models / "half_plus_two_tf1"
    server = start_server("--model", f"half={path}", "--grace-seconds", "300", "--no-rest")
    silent = threading.Event()

    def asked() -> Iterator[Any]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")
        silent.wait(120)

    with grpc.insecure_channel(server.grpc_address) as opened:
        watched = _health(opened).Watch(health_pb2.HealthCheckRequest(service="half"), timeout=300)
        stub = reflection_pb2_grpc.ServerReflectionStub(opened)
        reflected = stub.ServerReflectionInfo(asked(), timeout=300)
        assert next(watched).status == health_pb2.HealthCheckResponse.SERVING
        assert next(reflected).HasField("list_services_response")
        begun = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begun < 100
        assert [each.status for each in watched] == [health_pb2.HealthCheckResponse.NOT_SERVING]
        assert list(reflected) == []
        silent.set()
    assert "Traceback" not in server.log.read_text()
