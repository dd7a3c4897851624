"""What a request may grow by: told before any of it is there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deepcat.serving.contract.protos import input_pb2, tensor_pb2
from deepcat.serving.contract.status import ServingError

pytest.importorskip("numpy")

MANY = 25_000


def shaped(*sizes: int) -> Any:
    proto = tensor_pb2.TensorProto(dtype=1)
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)
    return proto


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ([2**62] * MANY, "Tensor has 25000 dimensions, 64 are the most"),
        ([0] * 65, "Tensor has 65 dimensions, 64 are the most"),
        ([2, -1], "Tensor shape [2, -1] is not fully defined"),
        ([0, -1], "Tensor shape [0, -1] is not fully defined"),
        ([0, 2**62], "Tensor shape [0, 4611686018427387904] is not fully defined"),
        ([2**21, 0, 2**21], "Tensor shape [2097152, 0, 2097152] is not fully defined"),
        ([2**40] * 64, f"Tensor shape [{', '.join(['1099511627776'] * 8)}, ...] is not fully"),
    ],
)
def test_a_shape_that_no_tensor_has(sizes: list[int], said: str) -> None:
    from deepcat.serving.contract.tensors import elements, to_array

    with pytest.raises(ServingError) as caught:
        to_array(shaped(*sizes))
    assert caught.value.message.startswith(said)
    assert elements([shaped(*sizes)]) > 2**40


@pytest.mark.parametrize(("length", "size"), [(0, 2_097_154), (1_000_000, 69), (1_000, 70_000)])
def test_a_text_that_is_repeated(length: int, size: int) -> None:
    from deepcat.serving.contract.tensors import to_array

    proto = tensor_pb2.TensorProto(dtype=7, string_val=[b"x" * length])
    proto.tensor_shape.dim.add(size=size)
    with pytest.raises(ServingError, match=f"Tensor of {size} values is larger than what it says"):
        to_array(proto)
    proto.tensor_shape.dim[0].size = size * 9 // 10
    assert len(to_array(proto)) == size * 9 // 10


def test_elements_of_all_tensors_are_counted() -> None:
    from deepcat.serving.contract.tensors import elements

    assert elements([shaped(2, 3), shaped(), shaped(0, 5)]) == 7


def test_a_context_that_each_example_would_hold() -> None:
    from deepcat.serving.contract.examples import examples_body, input_examples

    def body(context: int, count: int) -> bytes:
        said: dict[str, Any] = {"context": {"c": "x" * context}, "examples": [{}] * count}
        return json.dumps(said).encode()

    assert [len(each) > 1000 for each in examples_body(body(1000, 3)).examples] == [True] * 3
    with pytest.raises(ServingError, match=r"A context of \d+ bytes is too large for 700 examples"):
        examples_body(body(100_000, 700))

    message = input_pb2.Input()
    listed = message.example_list_with_context
    listed.context.features.feature["c"].bytes_list.value.append(b"x" * 100_000)
    for _ in range(2):
        listed.examples.add()
    assert [len(each) > 100_000 for each in input_examples(message)] == [True, True]
    for _ in range(698):
        listed.examples.add()
    with pytest.raises(ServingError, match="is too large for 700 examples"):
        input_examples(message)


@pytest.mark.parametrize(
    ("body", "size"),
    [
        (b"[" * 16_384, 0),
        (b"[" * 16_385, 16_385 * 40),
        (b'[{"":0},' * 10_000, 20_000 * 40),
        (b"NaN,Infinity,-Inf," * 1_000, 4_000 * 24),
        (b"0.25, " * 400_000, 0),
        (b"{" * 2**23, 2**28),
    ],
)
def test_what_a_body_takes_beside_itself(body: bytes, size: int) -> None:
    from deepcat.serving.contract.beside import beside

    assert beside(body) == size
