"""Batches of requests, with a model that says what it was given."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from deepcat.errors import DeepcatError
from deepcat.serving.contract.status import Code, ServingError
from deepcat.serving.models.batching import Batching, BatchRunner, read_parameters

pytestmark = pytest.mark.tensorflow


class Doubler:
    """Doubles rows, notes the size of each run, and waits at a gate when it has one."""

    def __init__(self, gate: threading.Event | None = None) -> None:
        self.sizes: list[int] = []
        self.gate = gate
        self.entered = threading.Event()

    def __call__(self, arrays: Sequence[Any], timeout_ms: int) -> list[Any]:
        self.sizes.append(len(arrays[0]) if arrays[0].ndim else -1)
        self.entered.set()
        if self.gate:
            self.gate.wait()
        if arrays[0].ndim and (arrays[0] < 0).any():
            raise ServingError(Code.INVALID_ARGUMENT, "below zero")
        return [array * 2 for array in arrays]


def ask_all(runner: BatchRunner, requests: list[Any]) -> list[Any]:
    answers: list[Any] = [None] * len(requests)

    def ask(index: int) -> None:
        try:
            answers[index] = runner([np.array(requests[index], dtype=np.float32)], 0)[0].tolist()
        except ServingError as error:
            answers[index] = error.message

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_each_gets_its_own_rows() -> None:
    model = Doubler()
    runner = BatchRunner(model, Batching(max_batch_size=8, batch_timeout_s=0.05))
    requests = [[float(n)] * (1 + n % 3) for n in range(20)]
    assert ask_all(runner, requests) == [[2 * v for v in row] for row in requests]
    assert max(model.sizes) <= 8
    assert sum(model.sizes) == sum(map(len, requests))


def test_requests_gather_while_a_batch_runs() -> None:
    gate = threading.Event()
    model = Doubler(gate)
    runner = BatchRunner(model, Batching(max_batch_size=100, num_batch_threads=1))
    first = threading.Thread(target=ask_all, args=(runner, [[1.0]]))
    first.start()
    model.entered.wait()
    others: list[Any] = []
    second = threading.Thread(
        target=lambda: others.extend(ask_all(runner, [[float(n)] for n in range(10)]))
    )
    second.start()
    while runner._open is None or runner._open.size < 10:
        pass
    gate.set()
    first.join()
    second.join()
    assert model.sizes == [1, 10]
    assert others == [[2.0 * n] for n in range(10)]


def test_what_cannot_be_batched_runs_alone() -> None:
    model = Doubler()
    runner = BatchRunner(model, Batching(max_batch_size=2, batch_timeout_s=60.0))
    assert runner([np.array(3.0)], 0)[0] == 6.0
    assert runner([np.arange(5)], 0)[0].tolist() == [0, 2, 4, 6, 8]
    unequal = runner([np.arange(2), np.arange(3)], 0)
    assert [len(array) for array in unequal] == [2, 3]
    assert model.sizes == [-1, 5, 2]


def test_unlike_rows_are_not_put_together() -> None:
    model = Doubler()
    runner = BatchRunner(model, Batching(max_batch_size=4, batch_timeout_s=0.01))
    assert ask_all(runner, [[[1.0]], [[1.0, 2.0]]]) == [[[2.0]], [[2.0, 4.0]]]
    assert model.sizes == [1, 1]


def test_a_failure_reaches_everyone_in_the_batch_and_none_after() -> None:
    runner = BatchRunner(Doubler(), Batching(max_batch_size=2, batch_timeout_s=60.0))
    assert ask_all(runner, [[1.0], [-1.0]]) == ["below zero", "below zero"]
    assert ask_all(runner, [[1.0], [2.0]]) == [[2.0], [4.0]]


def test_outputs_without_rows_are_an_error() -> None:
    runner = BatchRunner(
        lambda arrays, _: [arrays[0].sum()], Batching(max_batch_size=2, batch_timeout_s=60.0)
    )
    answers = ask_all(runner, [[1.0], [2.0]])
    assert all("0th dimension" in answer for answer in answers)


def test_a_request_does_not_wait_longer_than_it_may() -> None:
    gate = threading.Event()
    model = Doubler(gate)
    runner = BatchRunner(model, Batching(max_batch_size=4, num_batch_threads=1))
    leader = threading.Thread(target=ask_all, args=(runner, [[1.0]]))
    leader.start()
    model.entered.wait()
    second = threading.Thread(target=ask_all, args=(runner, [[1.0]]))
    second.start()
    while runner._open is None:
        pass
    with pytest.raises(ServingError) as caught:
        runner([np.array([1.0], dtype=np.float32)], 10)
    assert caught.value.code is Code.DEADLINE_EXCEEDED
    gate.set()
    leader.join()
    second.join()


def test_parameters_as_tensorflow_serving_writes_them() -> None:
    found = read_parameters(
        "max_batch_size { value: 32 }  # rows\nbatch_timeout_micros { value: 2000 }\n"
        "max_enqueued_batches { value: 100 }\nnum_batch_threads { value: 4 }\n"
        "allowed_batch_sizes : 8\nallowed_batch_sizes : 32\npad_variable_length_inputs: true\n"
    )
    assert found == Batching(32, 0.002, 4, (8, 32), True)
    assert read_parameters("") == Batching(1000)


@pytest.mark.parametrize(
    "text",
    [
        "max_batch_size: x",
        "nonsense",
        "max_batch_size { value: -1 }",
        "allowed_batch_sizes: 4 allowed_batch_sizes: 2",
        "max_batch_size { value: 8 } allowed_batch_sizes: 4",
    ],
)
def test_parameters_that_are_wrong(text: str) -> None:
    with pytest.raises(DeepcatError) as caught:
        read_parameters(text)
    assert caught.value.code == "serving/batching"
