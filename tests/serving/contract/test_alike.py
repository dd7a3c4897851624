"""Requests that are read by their likeness to one before are those that protobuf reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepcat.serving.contract import wire
from deepcat.serving.contract.alike import Alike, Reader
from deepcat.serving.contract.protos import predict_pb2
from deepcat.serving.contract.tensors import to_array

pytestmark = pytest.mark.tensorflow


def request(values: Any, *, packed: bool = False, **spec: Any) -> Any:
    """A request with one tensor: its values as bytes, or packed."""
    made = predict_pb2.PredictRequest()
    made.model_spec.name = "m"
    if "version" in spec:
        made.model_spec.version.value = spec.pop("version")
    for name, value in spec.items():
        setattr(made.model_spec, name, value)
    array = np.asarray(values)
    tensor = made.inputs["x"]
    tensor.dtype = {"float32": 1, "float64": 2, "int32": 3, "int64": 9, "bool": 10}[
        array.dtype.name
    ]
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    if packed:
        field = {1: "float_val", 2: "double_val", 3: "int_val"}[tensor.dtype]
        getattr(tensor, field).extend(array.ravel().tolist())
    else:
        tensor.tensor_content = array.tobytes()
    return made


def field(number: int, content: bytes) -> bytes:
    return wire.varint(number << 3 | 2) + wire.varint(len(content)) + content


FLOATS = np.array([[1.5, -2, np.nan, np.inf]], np.float32)


@pytest.mark.parametrize(
    "first",
    [
        request(FLOATS),
        request(FLOATS, packed=True),
        request(FLOATS.astype(np.float64), packed=True),
        request(np.arange(6).reshape(2, 3)),
        request(np.float32(7)),
        request(FLOATS, version=0, signature_name="other"),
        request(FLOATS, version_label="stable"),
    ],
    ids=["bytes", "packed", "doubles", "integers", "scalar", "version", "label"],
)
def test_another_of_its_kind(first: Any) -> None:
    reader, tensor = Reader(), first.inputs["x"]
    data = first.SerializeToString()
    assert reader.read(data) == first or np.isnan(to_array(tensor)).any()
    array = to_array(tensor)
    changed = np.ascontiguousarray(array[..., ::-1] if array.ndim else array + 1)
    second = data[: len(data) - array.nbytes] + changed.tobytes()
    found = reader.read(second)
    assert isinstance(found, Alike)
    asked = predict_pb2.PredictRequest.FromString(second)
    np.testing.assert_array_equal(found.array, to_array(asked.inputs["x"]))
    assert (found.array.dtype, found.array.shape) == (array.dtype, array.shape)
    spec, kind = first.model_spec, found.kind
    assert (kind.model, kind.alias, kind.signature) == ("m", "x", spec.signature_name)
    assert kind.version == (0 if spec.HasField("version") else None)
    assert kind.label == spec.version_label


def two() -> Any:
    made = request(FLOATS)
    made.inputs["y"].CopyFrom(made.inputs["x"])
    return made


def filtered() -> Any:
    made = request(FLOATS)
    made.output_filter.append("y")
    return made


def short() -> Any:
    """A shape that needs more values than there are."""
    made = request(FLOATS, packed=True)
    made.inputs["x"].tensor_shape.dim[0].size = 2
    return made


CONTENT = FLOATS.tobytes()
SPEC = field(1, field(1, b"m"))
TENSOR = b"\x08\x01" + field(2, field(2, b"\x08\x04"))
# Values in two packed fields, which protobuf puts together.
SPLIT = SPEC + field(
    2, field(1, b"x") + field(2, TENSOR + field(5, CONTENT[:8]) + field(5, CONTENT[8:]))
)
# The values' bytes once more, in a field that nobody knows.
TWICE = SPEC + field(2, field(1, b"x") + field(2, TENSOR + field(4, CONTENT))) + field(99, CONTENT)
# Two tensors of one name, the last of which counts; the values of both are alike.
REPEATED = SPEC + 2 * field(2, field(1, b"x") + field(2, TENSOR + field(4, CONTENT)))


@pytest.mark.parametrize(
    "data",
    [
        *(each.SerializeToString() for each in (two(), filtered(), short())),
        request(np.array([True, False])).SerializeToString(),
        request(np.arange(3, dtype=np.int32), packed=True).SerializeToString(),
        request(np.zeros((2, 0), np.float32)).SerializeToString(),
        SPLIT,
        TWICE,
        SPEC,
        b"",
    ],
    ids=[
        "two tensors", "a filter", "too few values", "truth", "varints", "empty", "split",
        "bytes twice", "no tensor", "nothing",
    ],
)  # fmt: skip
def test_what_is_not_for_certain_is_read_by_protobuf(data: bytes) -> None:
    reader = Reader()
    for _ in range(3):
        found = reader.read(data)
        assert type(found) is predict_pb2.PredictRequest
        assert found.SerializeToString(deterministic=True) == (
            predict_pb2.PredictRequest.FromString(data).SerializeToString(deterministic=True)
        )


def test_the_last_of_two_of_one_name_counts() -> None:
    reader = Reader()
    reader.read(REPEATED)
    other = FLOATS[:, ::-1].tobytes()
    found = reader.read(REPEATED[: -len(CONTENT)] + other)
    assert found.array.tobytes() == other


def test_another_beginning_of_equal_length_is_another_kind() -> None:
    reader = Reader()
    for name in "abcdefgh":
        made = request(FLOATS)
        made.model_spec.name = name
        for _ in range(2):
            found = reader.read(made.SerializeToString())
        spec = found.kind if isinstance(found, Alike) else found.model_spec
        assert (spec.model if isinstance(found, Alike) else spec.name) == name


@pytest.mark.parametrize("field", ["name", "signature_name", "version_label"])
def test_a_long_beginning_is_not_kept(field: str) -> None:
    for length, kind in ((3_000, Alike), (5_000, predict_pb2.PredictRequest)):
        reader, asked = Reader(), request(np.float32([1.0]))
        setattr(asked.model_spec, field, "n" * length)
        data = asked.SerializeToString()
        for _ in range(3):
            last = reader.read(data)
        assert isinstance(last, kind)
