"""Answers written as bytes are those that protobuf reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepcat.serving.contract import wire
from deepcat.serving.contract.protos import predict_pb2, tensor_pb2
from deepcat.serving.contract.tensors import to_array

pytestmark = pytest.mark.tensorflow

ARRAYS = {
    "scalar": np.array(3, np.float32),
    "empty": np.zeros((2, 0, 3), np.float32),
    "double": np.arange(600, dtype=np.float64).reshape(2, 300),
    "truth": np.array([True, False]),
    "transposed": np.arange(12, dtype=np.float32).reshape(3, 4).T,
}


def parts(array: Any) -> list[Any]:
    written = wire.tensor(array)
    assert written is not None
    return written


@pytest.mark.parametrize("name", list(ARRAYS))
def test_a_tensor_reads_back(name: str) -> None:
    proto = tensor_pb2.TensorProto.FromString(b"".join(parts(ARRAYS[name])))
    found = to_array(proto)
    assert proto.HasField("tensor_shape")
    assert not proto.tensor_content
    assert (found.dtype, found.shape) == (ARRAYS[name].dtype, ARRAYS[name].shape)
    assert np.array_equal(found, ARRAYS[name])


def test_a_type_that_protobuf_packs_otherwise_is_left_to_it() -> None:
    assert wire.tensor(np.array([1, 2], np.int64)) is None


def test_a_response_reads_back() -> None:
    outputs = {"é" * 100: parts(ARRAYS["double"]), "b": parts(ARRAYS["scalar"])}
    data = wire.predict_response(outputs, "m" * 200, 2**40, "serving_default")
    response = predict_pb2.PredictResponse.FromString(data)
    assert response.model_spec.name == "m" * 200
    assert response.model_spec.version.value == 2**40
    assert response.model_spec.signature_name == "serving_default"
    assert set(response.outputs) == set(outputs)
    assert np.array_equal(to_array(response.outputs["é" * 100]), ARRAYS["double"])
    assert to_array(response.outputs["b"]) == 3
