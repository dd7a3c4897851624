"""The gRPC interface, by the official stubs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def stub(linear: Any) -> Any:
    return linear.stub("PredictionService")


def request_for(name: str, signature: str = "", **inputs: Any) -> Any:
    from deepcat.serving.contract.protos import predict_pb2
    from deepcat.serving.contract.tensors import to_proto

    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    for alias, array in inputs.items():
        request.inputs[alias].CopyFrom(to_proto(array))
    return request


def texts(*values: bytes) -> Any:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


ARRAYS = {
    "float32": np.array([[1.5, np.nan], [np.inf, -0.0]], np.float32),
    "float64": np.array(1 / 3),
    "int32": np.array([-(2**31), 2**31 - 1], np.int32),
    "int64": np.array([[[2**62]]], np.int64),
    "int16": np.array([-3, 2], np.int16),
    "int8": np.array([-128, 127], np.int8),
    "uint8": np.arange(256, dtype=np.uint8),
    "uint16": np.array([65535], np.uint16),
    "uint32": np.array([2**32 - 1], np.uint32),
    "uint64": np.array([2**64 - 1], np.uint64),
    "bool": np.array([True, False]),
    "float16": np.array([0.5, 65504], np.float16),
    "string": texts(b"", b"\x00\xff", b"long" * 1000),
}


@pytest.mark.parametrize("name", sorted(ARRAYS))
def test_every_type_comes_back(stub: Any, name: str) -> None:
    from deepcat.serving.contract.tensors import to_array

    sent = ARRAYS[name]
    response = stub.Predict(request_for("echo", f"echo_{name}", **{name: sent}), timeout=60)
    got = to_array(response.outputs[f"out_{name}"])
    assert got.shape == sent.shape
    assert got.dtype == sent.dtype
    np.testing.assert_array_equal(got, sent)


def test_bfloat16_and_empty_tensors(stub: Any) -> None:
    import ml_dtypes

    from deepcat.serving.contract.tensors import to_array

    for name, sent in (
        ("bfloat16", np.array([1.5, -2.0], ml_dtypes.bfloat16)),
        ("float32", np.zeros((0, 3), np.float32)),
        ("string", texts()),
    ):
        response = stub.Predict(request_for("echo", f"echo_{name}", **{name: sent}), timeout=60)
        got = to_array(response.outputs[f"out_{name}"])
        assert (got.shape, got.dtype) == (sent.shape, sent.dtype)
        assert got.tolist() == sent.tolist()


def test_values_come_in_typed_fields(stub: Any) -> None:
    """Clients read `float_val` and its like; the bytes of `tensor_content` they would miss."""
    response = stub.Predict(request_for("linear", x=np.array([1, 2], np.float32)), timeout=60)
    tensor = response.outputs["y"]
    assert list(tensor.float_val) == [2.5, 3.0]
    assert not tensor.tensor_content
    assert [dim.size for dim in tensor.tensor_shape.dim] == [2]


def test_all_forms_of_a_tensor_are_read() -> None:
    from deepcat.serving.contract.protos import tensor_pb2
    from deepcat.serving.contract.tensors import to_array

    proto = tensor_pb2.TensorProto(dtype=1, float_val=[1.0, 7.0])
    proto.tensor_shape.dim.add(size=4)
    np.testing.assert_array_equal(to_array(proto), np.array([1, 7, 7, 7], np.float32))
    content = tensor_pb2.TensorProto(dtype=9, tensor_content=np.arange(3).tobytes())
    content.tensor_shape.dim.add(size=3)
    np.testing.assert_array_equal(to_array(content), [0, 1, 2])
    blank = tensor_pb2.TensorProto(dtype=7)
    blank.tensor_shape.dim.add(size=2)
    assert to_array(blank).tolist() == [b"", b""]
    pair = tensor_pb2.TensorProto(dtype=8, scomplex_val=[1.0, 2.0])
    assert to_array(pair).item() == 1 + 2j


def too_short(proto: Any) -> None:
    proto.tensor_content = b"\x00"


def too_many(proto: Any) -> None:
    proto.float_val.extend([1.0, 2.0, 3.0])


def a_huge_shape(proto: Any) -> None:
    proto.tensor_shape.dim.add(size=2**35)


def an_unknown_size(proto: Any) -> None:
    proto.tensor_shape.dim[0].size = -1


def more_sizes_than_any_tensor_has(proto: Any) -> None:
    for _ in range(25_000):
        proto.tensor_shape.dim.add(size=2**62)


def an_unknown_size_beside_none(proto: Any) -> None:
    proto.tensor_shape.dim[0].size = -1
    proto.tensor_shape.dim.add(size=0)


def no_type(proto: Any) -> None:
    proto.dtype = 0


def a_resource(proto: Any) -> None:
    proto.dtype = 20


@pytest.mark.parametrize(
    "spoil",
    [
        *(too_short, too_many, a_huge_shape, an_unknown_size, no_type, a_resource),
        *(more_sizes_than_any_tensor_has, an_unknown_size_beside_none),
    ],
)
def test_a_tensor_that_is_wrong(stub: Any, spoil: Callable[[Any], None]) -> None:
    import grpc

    request = request_for("linear")
    proto = request.inputs["x"]
    proto.dtype = 1
    proto.tensor_shape.dim.add(size=2)
    spoil(proto)
    with pytest.raises(grpc.RpcError) as caught:
        stub.Predict(request, timeout=60)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    good = stub.Predict(request_for("linear", x=np.array([1], np.float32)), timeout=60)
    assert list(good.outputs["y"].float_val) == [2.5]


def test_inputs_that_do_not_fit(stub: Any) -> None:
    import grpc

    one = np.array([1], np.float32)
    with pytest.raises(grpc.RpcError) as caught:
        stub.Predict(request_for("linear", x=one, z=one), timeout=60)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "Sent extra: {z}" in caught.value.details()
    with pytest.raises(grpc.RpcError) as caught:
        stub.Predict(request_for("linear"), timeout=60)
    assert "Missing but required: {x}" in caught.value.details()
    with pytest.raises(grpc.RpcError) as caught:
        stub.Predict(request_for("linear", "nope", x=one), timeout=60)
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION


def test_output_filter_and_version(stub: Any) -> None:
    request = request_for("echo", "blobs", image_bytes=texts(b"abc"))
    request.output_filter.extend(["length"])
    request.model_spec.version.value = 1
    response = stub.Predict(request, timeout=60)
    assert set(response.outputs) == {"length"}
    assert response.model_spec.version.value == 1
    assert response.model_spec.signature_name == "blobs"


def test_a_deadline_ends_the_run(stub: Any) -> None:
    import grpc

    request = request_for("echo", "slow", x=np.array(1e9, np.float32))
    with pytest.raises(grpc.RpcError) as caught:
        stub.Predict(request, timeout=1)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    # TensorFlow ended the run, too: else its threads would be busy for ever.
    request = request_for("echo", "slow", x=np.array(1, np.float32))
    assert stub.Predict(request, timeout=60).outputs["y"].float_val[0] == 1.0


def test_classify_regress_and_both(linear: Any, stub: Any) -> None:
    from deepcat.serving.contract.protos import (
        classification_pb2,
        inference_pb2,
        input_pb2,
        regression_pb2,
    )

    def put(spec: Any, signature: str) -> None:
        spec.name, spec.signature_name = "linear", signature

    examples = input_pb2.Input()
    listed = examples.example_list_with_context
    listed.context.features.feature["x"].float_list.value.append(2.0)
    listed.examples.add()
    listed.examples.add().features.feature["x"].float_list.value.append(4.0)
    classify = classification_pb2.ClassificationRequest(input=examples)
    put(classify.model_spec, "classify_x_to_y")
    rows = stub.Classify(classify, timeout=60).result.classifications
    assert [[c.score for c in row.classes] for row in rows] == [[3.0], [4.0]]
    regress = regression_pb2.RegressionRequest(input=examples)
    put(regress.model_spec, "regress_x_to_y")
    values = stub.Regress(regress, timeout=60).result.regressions
    assert [value.value for value in values] == [3.0, 4.0]
    both = inference_pb2.MultiInferenceRequest(input=examples)
    for signature, method in (("regress_x_to_y", "regress"), ("classify_x_to_y", "classify")):
        task = both.tasks.add(method_name=f"tensorflow/serving/{method}")
        put(task.model_spec, signature)
    results = stub.MultiInference(both, timeout=60).results
    assert [v.value for v in results[0].regression_result.regressions] == [3.0, 4.0]
    rows = results[1].classification_result.classifications
    assert [[c.score for c in row.classes] for row in rows] == [[3.0], [4.0]]
    assert results[1].model_spec.version.value == 124


def test_metadata(stub: Any) -> None:
    from deepcat.serving.contract.protos import get_model_metadata_pb2

    request = get_model_metadata_pb2.GetModelMetadataRequest()
    request.model_spec.name = "linear"
    request.metadata_field.append("signature_def")
    response = stub.GetModelMetadata(request, timeout=60)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(signatures)
    assert signatures.signature_def["serving_default"].inputs["x"].dtype == 1
    assert "__saved_model_init_op" not in signatures.signature_def
    assert response.model_spec.version.value == 124


def test_tensorflow_reads_what_the_server_writes(linear: Any) -> None:
    """The whole of a usual client: TensorFlow's own `make_tensor_proto` and `make_ndarray`."""
    import subprocess
    import sys

    code = f"""
import grpc, tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc
stub = prediction_service_pb2_grpc.PredictionServiceStub(
    grpc.insecure_channel({linear.grpc_address!r}))
request = predict_pb2.PredictRequest()
request.model_spec.name = "linear"
request.inputs["x"].CopyFrom(tf.make_tensor_proto([[1.0, 2.0], [3.0, 4.0]]))
answer = stub.Predict(request, 60).outputs["y"]
assert tf.make_ndarray(answer).tolist() == [[2.5, 3.0], [3.5, 4.0]]
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
