"""Batches of requests, with a model that says what it was given."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from deepcat.serving.contract.batching import Batching
from deepcat.serving.contract.status import Code, ServingError
from deepcat.serving.models.batching import Batcher, BatchRunner

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


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ([], "Batching Run() must have at least one input tensor"),
        ([np.array(3.0)], "Batching Run() input tensors must have at least one dimension"),
        (
            [np.arange(2), np.arange(3)],
            "Batching Run() input tensors must have equal 0th-dimension size",
        ),
        ([np.arange(5)], "Task size 5 is larger than maximum input batch size 2"),
    ],
)
def test_what_cannot_be_batched_is_refused(arrays: list[Any], why: str) -> None:
    model = Doubler()
    runner = BatchRunner(model, Batching(max_batch_size=2, batch_timeout_s=60.0))
    with pytest.raises(ServingError) as caught:
        runner(arrays, 0)
    assert (caught.value.code, caught.value.message) == (Code.INVALID_ARGUMENT, why)
    assert model.sizes == []


@pytest.mark.parametrize(
    ("most", "sizes"), [(0, [23]), (4, [4, 4, 4, 4, 4, 3]), (10, [10, 10, 3]), (1, [1] * 23)]
)
def test_a_large_request_is_split(most: int, sizes: list[int]) -> None:
    model = Doubler()
    how = Batching(
        23, enable_large_batch_splitting=True, max_execution_batch_size=most,
        max_enqueued_batches=30,
    )  # fmt: skip
    runner = BatchRunner(model, how)
    assert ask_all(runner, [list(range(23))]) == [[2.0 * n for n in range(23)]]
    assert model.sizes == sizes


def test_a_split_request_fills_the_open_batch_first() -> None:
    gate = threading.Event()
    model = Doubler(gate)
    how = Batching(
        8, num_batch_threads=1, enable_large_batch_splitting=True, max_execution_batch_size=4
    )
    runner = BatchRunner(model, how)
    first, (second, third), answers = blocked(runner, model, [[1.0, 2.0, 3.0], [4.0] * 6])
    gate.set()
    for thread in (first, second, third):
        thread.join()
    assert model.sizes == [1, 4, 4, 1]
    assert answers == {0: [2.0, 4.0, 6.0], 1: [8.0] * 6}


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (
            Batching(2, num_batch_threads=1, max_enqueued_batches=2),
            "The batch scheduling queue to which this task was submitted is full; currently 2 "
            "batches enqueued and max_enqueued_batches is 2",
        ),
        (
            Batching(
                4, num_batch_threads=1, max_enqueued_batches=2, enable_large_batch_splitting=True,
                max_execution_batch_size=2,
            ),
            "The batch scheduling queue to which this task was submitted is full; task size is 2 "
            "but scheduling capacity is only 0 (num_enqueued_batches=2, max_enqueued_batches=2, "
            "open_batch_size=2, max_execution_batch_size=2)",
        ),
    ],
)  # fmt: skip
def test_a_full_queue_refuses_at_once(how: Batching, why: str) -> None:
    gate = threading.Event()
    model = Doubler(gate)
    runner = BatchRunner(model, how)
    first, others, answers = blocked(runner, model, [[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(ServingError) as caught:
        runner([np.array([5.0, 6.0], dtype=np.float32)], 0)
    assert (caught.value.code, caught.value.message) == (Code.UNAVAILABLE, why)
    gate.set()
    for thread in (first, *others):
        thread.join()
    assert answers == {0: [2.0, 4.0], 1: [6.0, 8.0]}
    assert ask_all(runner, [[5.0, 6.0]]) == [[10.0, 12.0]]


def blocked(
    runner: BatchRunner, model: Doubler, requests: list[list[float]]
) -> tuple[threading.Thread, list[threading.Thread], dict[int, Any]]:
    """While one request is held in the model, others come one after the other."""
    first = threading.Thread(target=ask_all, args=(runner, [[1.0]]))
    first.start()
    model.entered.wait()
    answers: dict[int, Any] = {}

    def ask(index: int) -> None:
        array = np.array(requests[index], dtype=np.float32)
        answers[index] = runner([array], 0)[0].tolist()

    threads = []
    for index, rows in enumerate(requests):
        before = waiting_rows(runner)
        threads.append(threading.Thread(target=ask, args=(index,)))
        threads[-1].start()
        while waiting_rows(runner) == before and len(rows):
            pass
    return first, threads, answers


def waiting_rows(runner: BatchRunner) -> tuple[int, int]:
    batch = runner._open
    return runner._enqueued, batch.size if batch else 0


def test_batches_of_all_models_share_the_slots() -> None:
    gate = threading.Event()
    how = Batching(8, num_batch_threads=1)
    batcher = Batcher(how)
    slow, quick = Doubler(gate), Doubler()
    first = threading.Thread(target=ask_all, args=(BatchRunner(slow, how, batcher), [[1.0]]))
    first.start()
    slow.entered.wait()
    with pytest.raises(ServingError) as caught:
        BatchRunner(quick, how, batcher)([np.array([1.0])], 20)
    assert caught.value.code is Code.DEADLINE_EXCEEDED
    gate.set()
    first.join()
    assert quick.sizes == []


def test_who_gives_up_leaves_the_batch_to_another() -> None:
    gate = threading.Event()
    model = Doubler(gate)
    runner = BatchRunner(model, Batching(8, num_batch_threads=1))
    first = threading.Thread(target=ask_all, args=(runner, [[1.0]]))
    first.start()
    model.entered.wait()
    late: list[Any] = []

    def ask_late() -> None:
        with pytest.raises(ServingError) as caught:
            runner([np.array([7.0, 7.0], dtype=np.float32)], 1500)
        late.append(caught.value.code)

    leader = threading.Thread(target=ask_late)
    leader.start()
    while runner._open is None:
        pass
    answers: list[Any] = []
    heir = threading.Thread(target=lambda: answers.extend(ask_all(runner, [[2.0]])))
    heir.start()
    while runner._open.size < 3:
        pass
    leader.join()
    gate.set()
    first.join()
    heir.join()
    assert (late, answers) == ([Code.DEADLINE_EXCEEDED], [[4.0]])
    # What nobody waits for any more is not computed.
    assert model.sizes == [1, 1]


def test_what_is_measured() -> None:
    seen: list[tuple[str, float]] = []
    how = Batching(4, allowed_batch_sizes=(2, 4))
    batcher = Batcher(how, lambda name, amount: seen.append((name, amount)))
    BatchRunner(Doubler(), how, batcher)([np.arange(3.0)], 0)
    assert [each for each in seen if each[0] != "queuing_latency"] == [
        ("input_batch_size", 3), ("processed_batch_size", 4), ("padding_size", 1),
    ]  # fmt: skip
    assert seen[0][0] == "queuing_latency"
    assert seen[0][1] >= 0


def test_unlike_rows_are_not_put_together() -> None:
    model = Doubler()
    runner = BatchRunner(model, Batching(max_batch_size=4, batch_timeout_s=0.01))
    assert ask_all(runner, [[[1.0]], [[1.0, 2.0]]]) == [[[2.0]], [[2.0, 4.0]]]
    assert model.sizes == [1, 1]


def test_short_rows_do_not_all_grow_to_a_long_one() -> None:
    gate = threading.Event()
    model = Doubler(gate)
    runner = BatchRunner(
        model,
        Batching(max_batch_size=100, num_batch_threads=1, pad_variable_length_inputs=True),
    )
    waiting = [threading.Thread(target=runner, args=([np.zeros((1, 1), np.float32)],))]
    waiting[0].start()
    assert model.entered.wait(60)
    # 40 rows of one number, then one of two MiB: filled up they would be 80 MiB.
    for shape in ((40, 1), (1, 2**19), (40, 1)):
        ask = threading.Thread(target=runner, args=([np.zeros(shape, np.float32)],))
        known = waiting_rows(runner)
        ask.start()
        while waiting_rows(runner) == known:
            ask.join(0.01)
        waiting.append(ask)
    gate.set()
    for thread in waiting:
        thread.join()
    assert sorted(model.sizes) == [1, 1, 40, 40]


@pytest.mark.parametrize(
    ("others", "is_bounded"),
    [
        ([((40, 1), np.float32)], False),
        ([((32, 1), np.float32)], True),
        ([((33, 2**19), np.float32)], True),
        ([((1, 1), np.float32)] * 31, True),
        ([((1, 1), np.float32)] * 40, False),
    ],
)
def test_what_is_filled_up_is_bounded(others: list[Any], is_bounded: bool) -> None:
    from deepcat.serving.models.padding import extent

    found = extent([np.zeros((1, 2**19), np.float32)], 1)
    for shape, dtype in others:
        found = found.joined(extent([np.zeros(shape, dtype)], shape[0]))
    assert found.is_bounded is is_bounded


def test_a_failure_reaches_everyone_in_the_batch_and_none_after() -> None:
    runner = BatchRunner(Doubler(), Batching(max_batch_size=2, batch_timeout_s=60.0))
    assert ask_all(runner, [[1.0], [-1.0]]) == ["below zero", "below zero"]
    assert ask_all(runner, [[1.0], [2.0]]) == [[2.0], [4.0]]


def test_outputs_without_rows_are_an_error() -> None:
    runner = BatchRunner(
        lambda arrays, _: [arrays[0].sum()], Batching(max_batch_size=2, batch_timeout_s=60.0)
    )
    answers = ask_all(runner, [[1.0], [2.0]])
    assert answers == ["Batched output tensor has 0 dimensions"] * 2


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
