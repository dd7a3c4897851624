"""Put requests that come together into one run of the graph, and take its outputs apart again.

A batch is carried out by the thread of one of its requests, its leader; the others wait. So a
request that is alone is run by its own thread, without a hand-over. Batches of all models share
the slots in which they run.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepcat.serving.contract.batching import Batching
from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.engine.session import Runner
from deepcat.serving.models.padding import Extent, extent

# Takes the name of a measure and its amount.
Observe = Callable[[str, float], object]

_NEVER = float("inf")


class _Task:
    """One request, or a part of it that is in one batch."""

    __slots__ = ("arrays", "deadline", "done", "error", "gone", "results", "since", "size", "wake")

    def __init__(self, arrays: Sequence[Array], size: int, deadline: float) -> None:
        self.arrays = arrays
        self.size = size
        self.since = time.monotonic()
        self.deadline = deadline
        self.results: list[Array] = []
        self.error: ServingError | None = None
        self.done = False
        self.gone = False
        self.wake = threading.Lock()
        self.wake.acquire()

    def notify(self) -> None:
        """Wake who waits for it; to be called with the queue's lock."""
        if self.wake.locked():
            self.wake.release()

    def wait(self, until: float) -> None:
        """Wait for a notification until a time of `time.monotonic`; it may come for nothing."""
        if until == _NEVER:
            self.wake.acquire()
        elif (left := until - time.monotonic()) > 0:
            self.wake.acquire(timeout=min(left, threading.TIMEOUT_MAX))


class _Batch:
    """Tasks gathered for one run."""

    __slots__ = ("closed", "extent", "key", "leader", "size", "tasks")

    def __init__(self, key: tuple[Any, ...], leader: _Task) -> None:
        self.key = key
        self.tasks: list[_Task] = []
        self.size = 0
        self.closed = False
        self.leader = leader
        self.extent: Extent | None = None  # where rows are filled up

    def add(self, task: _Task) -> None:
        self.tasks.append(task)
        self.size += task.size


class Batcher:
    """What all runners of a server share: how to batch, and the slots in which batches run.

    Args:
        how: the parameters.
        observe: called with the name of what is measured and its amount: ``queuing_latency`` (in
            microseconds) and ``input_batch_size`` of each request, ``processed_batch_size`` and
            ``padding_size`` of each batch.
    """

    def __init__(self, how: Batching, observe: Observe | None = None) -> None:
        self.how = how
        self.observe = observe
        self.slots = threading.BoundedSemaphore(how.num_batch_threads or os.cpu_count() or 1)

    def like(self, how: Batching) -> Batcher:
        """One with other parameters and the same slots."""
        other = Batcher(how, self.observe)
        other.slots = self.slots
        return other


class BatchRunner:
    """A runner that batches the calls of many threads; it stands in for the one it is given.

    Args:
        run: carries a batch out.
        how: the parameters.
        batcher: what it shares with others; None for nothing.
    """

    def __init__(self, run: Runner, how: Batching, batcher: Batcher | None = None) -> None:
        self._run = run
        self._batcher = batcher or Batcher(how)
        self._how = how
        self._most = how.most_rows
        self._lock = threading.Lock()
        self._open: _Batch | None = None
        # Batches that nobody has begun to run, the open one among them.
        self._enqueued = 0

    def __call__(self, arrays: Sequence[Array], timeout_ms: int = 0) -> list[Array]:
        """Run the arrays together with those of other threads.

        Raises:
            ServingError: as TensorFlow Serving, or from TensorFlow.
        """
        size = _rows(arrays)
        deadline = time.monotonic() + timeout_ms / 1000 if timeout_ms else _NEVER
        if size > self._how.max_batch_size:
            raise invalid(
                f"Task size {size} is larger than maximum input batch size "
                f"{self._how.max_batch_size}"
            )
        with self._lock:
            placed = self._enqueue(arrays, size, deadline)
        try:
            for batch, task in placed:
                self._finish(batch, task)
        finally:
            if len(placed) > 1:
                self._leave([each for each in placed if not each[1].done])
        if len(placed) == 1:
            return placed[0][1].results
        return [
            np.concatenate(parts) for parts in zip(*(t.results for _, t in placed), strict=True)
        ]

    def _enqueue(
        self, arrays: Sequence[Array], size: int, deadline: float
    ) -> list[tuple[_Batch, _Task]]:
        """Put a request into the open batch and new ones, or refuse it."""
        key = tuple((array.dtype.str, self._shape_key(array)) for array in arrays)
        batch, most = self._open, self._most
        room = self._room(batch, key, arrays, size)
        if not self._how.enable_large_batch_splitting:
            if size <= room:
                return [self._put(batch, key, arrays, size, deadline)]
            if self._enqueued >= self._how.max_enqueued_batches:
                raise ServingError(
                    Code.UNAVAILABLE,
                    "The batch scheduling queue to which this task was submitted is full; "
                    f"currently {self._enqueued} batches enqueued and max_enqueued_batches is "
                    f"{self._how.max_enqueued_batches}",
                )
            return [self._put(None, key, arrays, size, deadline)]
        capacity = max(0, self._how.max_enqueued_batches - self._enqueued) * most + room
        if size > capacity:
            raise ServingError(
                Code.UNAVAILABLE,
                "The batch scheduling queue to which this task was submitted is full; task size "
                f"is {size} but scheduling capacity is only {capacity} (num_enqueued_batches="
                f"{self._enqueued}, max_enqueued_batches={self._how.max_enqueued_batches}, "
                f"open_batch_size={batch.size if batch else 0}, max_execution_batch_size={most})",
            )
        placed: list[tuple[_Batch, _Task]] = []
        begin = 0
        while begin < size or not placed:
            end = min(size, begin + (room or most))
            whole = begin == 0 and end == size
            part = arrays if whole else [array[begin:end] for array in arrays]
            placed.append(self._put(batch if room else None, key, part, end - begin, deadline))
            begin, room = end, 0
        return placed

    def _room(
        self, batch: _Batch | None, key: tuple[Any, ...], arrays: Sequence[Array], size: int
    ) -> int:
        """How many rows a batch still takes of a request."""
        if batch is None or batch.key != key:
            return 0
        room = self._most - batch.size
        if room and batch.extent is not None:
            # A few long rows would let many short ones grow to their length.
            both = batch.extent.joined(extent(arrays, min(size, room)))
            return room if both.is_bounded else 0
        return room

    def _put(
        self,
        batch: _Batch | None,
        key: tuple[Any, ...],
        arrays: Sequence[Array],
        size: int,
        deadline: float,
    ) -> tuple[_Batch, _Task]:
        task = _Task(arrays, size, deadline)
        if batch is None:
            if self._open is not None:
                self._open.closed = True
                self._open.leader.notify()
            batch = self._open = _Batch(key, task)
            self._enqueued += 1
        batch.add(task)
        if self._how.pad_variable_length_inputs:
            own = extent(arrays, size)
            batch.extent = batch.extent.joined(own) if batch.extent else own
        if batch.size >= self._most and batch.leader is not task:
            batch.leader.notify()
        return batch, task

    def _shape_key(self, array: Array) -> Any:
        return array.ndim if self._how.pad_variable_length_inputs else array.shape[1:]

    def _finish(self, batch: _Batch, task: _Task) -> None:
        """Wait until a task is done, or carry out its batch when it leads."""
        while not task.done:
            if batch.leader is task:
                self._lead(batch, task)
            elif time.monotonic() >= task.deadline:
                self._leave([(batch, task)])
                raise _late()
            else:
                task.wait(task.deadline)
        if task.error is not None:
            raise task.error

    def _leave(self, placed: Sequence[tuple[_Batch, _Task]]) -> None:
        """Give up tasks; where one leads, another one of its batch goes on."""
        with self._lock:
            for batch, task in placed:
                task.gone = True
                if batch.leader is not task or task.done:
                    continue
                heir = next((each for each in batch.tasks if not each.gone), None)
                if heir is not None:
                    batch.leader = heir
                    heir.notify()
                else:
                    self._take(batch)

    def _take(self, batch: _Batch) -> list[_Task]:
        """Let nobody join any more, and give who waits."""
        batch.closed = True
        self._enqueued -= 1
        if self._open is batch:
            self._open = None
        return [task for task in batch.tasks if not task.gone]

    def _lead(self, batch: _Batch, task: _Task) -> None:
        until = batch.tasks[0].since + self._how.batch_timeout_s
        # Who fills the batch wakes its leader.
        while not (batch.closed or batch.size >= self._most):
            if time.monotonic() >= min(until, task.deadline):
                break
            task.wait(min(until, task.deadline))
        slots = self._batcher.slots
        if not slots.acquire(timeout=_left(task.deadline)):
            self._leave([(batch, task)])
            raise _late()
        try:
            with self._lock:
                # Until now, while other batches ran, more could join.
                tasks = self._take(batch)
            self._carry_out(tasks)
        finally:
            slots.release()
            with self._lock:
                for each in tasks:
                    each.done = True
                    if each is not task:
                        each.notify()

    def _carry_out(self, tasks: Sequence[_Task]) -> None:
        try:
            for task, results in zip(tasks, self._results(tasks), strict=True):
                task.results = results
        except Exception as error:
            # Each has one of its own: an error that is raised in several threads mixes up.
            known = error if isinstance(error, ServingError) else None
            for task in tasks:
                task.error = (
                    ServingError(known.code, known.message)
                    if known
                    else ServingError(Code.INTERNAL, f"The batch failed: {error}")
                )

    def _results(self, tasks: Sequence[_Task]) -> list[list[Array]]:
        sizes = [task.size for task in tasks]
        size = sum(sizes)
        missing = self._allowed(size) - size
        if self._batcher.observe is not None:
            self._observe(self._batcher.observe, tasks, size, missing)
        last = max(task.deadline for task in tasks)
        left = _left(last)
        timeout_ms = 0 if left is None else max(1, int(left * 1000))
        if len(sizes) == 1 and not missing:
            return [_checked(self._run(tasks[0].arrays, timeout_ms), size)]
        columns = zip(*(task.arrays for task in tasks), strict=True)
        outputs = self._run([self._join(column, missing) for column in columns], timeout_ms)
        _checked(outputs, size + missing)
        results, begin = [], 0
        for each in sizes:
            results.append([output[begin : begin + each] for output in outputs])
            begin += each
        return results

    @staticmethod
    def _observe(observe: Observe, tasks: Sequence[_Task], size: int, missing: int) -> None:
        now = time.monotonic()
        for task in tasks:
            observe("queuing_latency", (now - task.since) * 1e6)
            observe("input_batch_size", task.size)
        observe("processed_batch_size", size + missing)
        observe("padding_size", missing)

    def _allowed(self, size: int) -> int:
        return next((s for s in self._how.allowed_batch_sizes if s >= size), size)

    def _join(self, column: Sequence[Array], missing: int) -> Array:
        if self._how.pad_variable_length_inputs:
            most = np.max([array.shape[1:] for array in column], axis=0, initial=0)
            column = [_padded(array, most) for array in column]
        filler = [column[-1][:1]] * missing
        return np.concatenate([*column, *filler])


def _rows(arrays: Sequence[Array]) -> int:
    """The number of rows that all arrays share."""
    if not arrays:
        raise invalid("Batching Run() must have at least one input tensor")
    size = -1
    for array in arrays:
        if not array.ndim:
            raise invalid("Batching Run() input tensors must have at least one dimension")
        if size not in (-1, len(array)):
            raise invalid("Batching Run() input tensors must have equal 0th-dimension size")
        size = len(array)
    return size


def _checked(outputs: list[Array], size: int) -> list[Array]:
    for output in outputs:
        if not output.ndim:
            raise ServingError(Code.FAILED_PRECONDITION, "Batched output tensor has 0 dimensions")
        if len(output) != size:
            raise ServingError(
                Code.FAILED_PRECONDITION,
                "Batched output tensor's 0th dimension does not equal the sum of the 0th "
                "dimension sizes of the input tensors",
            )
    return outputs


def _left(deadline: float) -> float | None:
    """Seconds until then; None for ever."""
    if deadline == _NEVER:
        return None
    return min(max(0.0, deadline - time.monotonic()), threading.TIMEOUT_MAX)


def _late() -> ServingError:
    return ServingError(
        Code.DEADLINE_EXCEEDED, "Run() timeout exceeded while waiting in batching queue"
    )


def _padded(array: Array, shape: Any) -> Array:
    """The array filled up to `shape` behind its first axis, with its own first element."""
    if array.shape[1:] == tuple(shape) or not array.size:
        return array
    widths = [(0, 0)] + [
        (0, int(most) - size) for most, size in zip(shape, array.shape[1:], strict=True)
    ]
    return np.pad(array, widths, constant_values=array.flat[0])
