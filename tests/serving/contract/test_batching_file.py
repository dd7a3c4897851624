"""TensorFlow Serving's file of batching parameters."""

from __future__ import annotations

import pytest

from deepcat.errors import DeepcatError
from deepcat.serving.contract.batching import Batching, read_parameters

SPLIT = "enable_large_batch_splitting { value: true }\n"


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("", Batching(1000, 0.0, 0, (), False, 10)),
        ("# nothing\n", Batching()),
        ("max_batch_size { value: 8 }", Batching(8)),
        ("max_batch_size: { value: 8 }", Batching(8)),
        ("max_batch_size < value: 8 >", Batching(8)),
        ("max_batch_size{value:0x10};num_batch_threads{value:3}", Batching(16, 0.0, 3)),
        ('thread_pool_name { value: "x y" }', Batching(thread_pool_name="x y")),
        ("thread_pool_name { value: 'a' 'b' }", Batching(thread_pool_name="ab")),
        ("allowed_batch_sizes: [10, 1000]", Batching(allowed_batch_sizes=(10, 1000))),
        (
            "max_batch_size { value: 32 }  # rows\nbatch_timeout_micros { value: 2000 }\n"
            "max_enqueued_batches { value: 100 }\nnum_batch_threads { value: 4 }\n"
            "allowed_batch_sizes : 8\nallowed_batch_sizes : 32\npad_variable_length_inputs: true\n",
            Batching(32, 0.002, 4, (8, 32), True, 100),
        ),
        (
            f"{SPLIT} max_batch_size {{ value: 64 }} max_execution_batch_size {{ value: 16 }} "
            "allowed_batch_sizes: 16",
            Batching(64, 0.0, 0, (16,), False, 10, True, 16),
        ),
        ("enable_large_batch_splitting { value: false }", Batching()),
    ],
)
def test_what_is_written_is_read(text: str, how: Batching) -> None:
    assert read_parameters(text) == how


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("max_bach_size { value: 8 }", 1, "Did you mean max_batch_size?"),
        ("\n# so\nallowed_batch_size: 8", 3, "Did you mean allowed_batch_sizes?"),
        ("low_priority_max_batch_size { value: 8 }", 1, "no field named"),
        ("max_batch_size: x", 1, "Expected"),
        ("max_batch_size 3", 1, "Expected"),
        ("nonsense", 1, ""),
        ("\n\nmax_batch_size { value: 8", 3, ""),
        ("max_batch_size { value: 8 }\nmax_batch_size { value: 8 }", 2, "multiple"),
        ("\nmax_batch_size { value: 99999999999999999999 }", 2, "out of range"),
        ("\npad_variable_length_inputs: perhaps", 2, "true"),
        ("max_batch_size { value: -1 }", 1, "max_batch_size is too small; was -1"),
        ("\nmax_batch_size { }", 2, "max_batch_size is too small; was 0"),
        ("\nnum_batch_threads { value: 0 }", 2, "num_batch_threads is too small; was 0"),
        ("max_enqueued_batches { value: 0 }", 1, "max_enqueued_batches is too small; was 0"),
        ("batch_timeout_micros { value: -1 }", 1, "batch_timeout_micros is too small; was -1"),
        ("max_batch_size { value: 4 }\nallowed_batch_sizes: [4, 2]", 2, "in increasing order"),
        ("max_batch_size { value: 4 }\nallowed_batch_sizes: [2, 2, 4]", 2, "in increasing order"),
        (
            "max_batch_size { value: 8 }\nallowed_batch_sizes: 4",
            2,
            "must end with the largest batch; last entry was 4; expected 8",
        ),
        (
            f"{SPLIT}max_execution_batch_size {{ value: 4 }}\nallowed_batch_sizes: 1000",
            3,
            "must end with the largest batch; last entry was 1000; expected 4",
        ),
        (
            f"{SPLIT}max_execution_batch_size {{ value: 2000 }}",
            2,
            "must not be larger than max_batch_size",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, why: str) -> None:
    with pytest.raises(DeepcatError) as caught:
        read_parameters(text)
    assert caught.value.code == "serving/batching"
    assert caught.value.message.startswith(f"the batching parameters cannot be read: {line}:")
    assert why in caught.value.message
