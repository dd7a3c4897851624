"""Put requests that come together into one run of the graph, and take its outputs apart again."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepcat.errors import DeepcatError
from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.status import Code, ServingError
from deepcat.serving.engine.session import Runner


@dataclass(frozen=True, slots=True)
class Batching:
    """How to batch; the names are those of TensorFlow Serving's BatchingParameters.

    Attributes:
        max_batch_size: rows of a batch at most; a larger request runs alone.
        batch_timeout_s: how long the first request waits for others.
        num_batch_threads: batches that run at once.
        allowed_batch_sizes: sizes to fill a batch up to, ascending; empty for any.
        pad_variable_length_inputs: whether inputs of unequal shape are filled up to fit.
    """

    max_batch_size: int
    batch_timeout_s: float = 0.0
    num_batch_threads: int = 2
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_variable_length_inputs: bool = False


@dataclass(slots=True)
class _Batch:
    """Requests gathered for one run; the thread that opened it carries it out."""

    key: tuple[Any, ...]
    parts: list[Sequence[Array]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    results: list[list[Array]] = field(default_factory=list)
    error: ServingError | None = None

    def add(self, arrays: Sequence[Array], size: int) -> int:
        self.parts.append(arrays)
        self.sizes.append(size)
        return len(self.parts) - 1

    @property
    def size(self) -> int:
        return sum(self.sizes)


class BatchRunner:
    """A runner that batches the calls of many threads; it stands in for the one it is given."""

    def __init__(self, run: Runner, how: Batching) -> None:
        self._run = run
        self._how = how
        self._changed = threading.Condition()
        self._open: _Batch | None = None
        self._slots = threading.BoundedSemaphore(how.num_batch_threads)

    def __call__(self, arrays: Sequence[Array], timeout_ms: int = 0) -> list[Array]:
        """Run the arrays together with those of other threads."""
        size = _rows(arrays)
        if size is None or size > self._how.max_batch_size:
            return self._run(arrays, timeout_ms)
        key = tuple((a.dtype.str, self._shape_key(a)) for a in arrays)
        with self._changed:
            batch = self._open
            opened = batch is None or not self._fits(batch, key, size)
            if batch is None or opened:
                batch = self._open = _Batch(key)
            place = batch.add(arrays, size)
            self._changed.notify_all()
        if opened:
            self._lead(batch)
        elif not batch.done.wait(timeout_ms / 1000 if timeout_ms else None):
            raise ServingError(Code.DEADLINE_EXCEEDED, "The batch did not run in time")
        if batch.error is not None:
            raise batch.error
        return batch.results[place]

    def _shape_key(self, array: Array) -> Any:
        return array.ndim if self._how.pad_variable_length_inputs else array.shape[1:]

    def _fits(self, batch: _Batch, key: tuple[Any, ...], size: int) -> bool:
        return batch.key == key and batch.size + size <= self._how.max_batch_size

    def _lead(self, batch: _Batch) -> None:
        with self._changed:
            self._changed.wait_for(
                lambda: self._open is not batch or batch.size >= self._how.max_batch_size,
                self._how.batch_timeout_s,
            )
        with self._slots:
            # Until now, while other batches ran, more could join.
            with self._changed:
                if self._open is batch:
                    self._open = None
            try:
                batch.results = self._carry_out(batch)
            except ServingError as error:
                batch.error = error
            except Exception as error:
                batch.error = ServingError(Code.INTERNAL, f"The batch failed: {error}")
            finally:
                batch.done.set()

    def _carry_out(self, batch: _Batch) -> list[list[Array]]:
        sizes = batch.sizes
        missing = self._allowed(batch.size) - batch.size
        if len(sizes) == 1 and not missing:
            return [self._run(batch.parts[0], 0)]
        columns = [self._join(column, missing) for column in zip(*batch.parts, strict=True)]
        outputs = self._run(columns, 0)
        ends = np.cumsum(sizes)
        for output in outputs:
            if not output.ndim or len(output) != batch.size + missing:
                raise ServingError(
                    Code.FAILED_PRECONDITION,
                    "Batched output tensor's 0th dimension does not equal the sum of the 0th "
                    "dimension sizes of the input tensors",
                )
        return [
            [output[end - size : end] for output in outputs]
            for size, end in zip(sizes, ends.tolist(), strict=True)
        ]

    def _allowed(self, size: int) -> int:
        return next((s for s in self._how.allowed_batch_sizes if s >= size), size)

    def _join(self, column: Sequence[Array], missing: int) -> Array:
        if self._how.pad_variable_length_inputs:
            most = np.max([array.shape[1:] for array in column], axis=0, initial=0)
            column = [_padded(array, most) for array in column]
        filler = [column[0][:1]] * missing
        return np.concatenate([*column, *filler])


def _rows(arrays: Sequence[Array]) -> int | None:
    """The number of rows that all arrays share; None when there is no such number."""
    sizes = {len(array) if array.ndim else -1 for array in arrays}
    size = sizes.pop() if len(sizes) == 1 else -1
    return size if size > 0 else None


def _padded(array: Array, shape: Any) -> Array:
    """The array filled up to `shape` behind its first axis, with its own first element."""
    if array.shape[1:] == tuple(shape) or not array.size:
        return array
    widths = [(0, 0)] + [
        (0, int(most) - size) for most, size in zip(shape, array.shape[1:], strict=True)
    ]
    return np.pad(array, widths, constant_values=array.flat[0])


_FIELD = re.compile(r"(\w+)\s*(?:\{\s*value\s*:\s*([\w.]+)\s*\}|:\s*([\w.]+))\s*[,;]?\s*")


def read_parameters(text: str) -> Batching:
    """Read BatchingParameters in protobuf's text form, as TensorFlow Serving's file has them.

    Raises:
        DeepcatError: it cannot be read (``serving/batching``).
    """
    text = re.sub(r"#[^\n]*", "", text).strip()
    values: dict[str, list[str]] = {}
    at = 0
    while at < len(text):
        match = _FIELD.match(text, at)
        if match is None:
            raise _unreadable(text[at : at + 40])
        values.setdefault(match[1], []).append(match[2] or match[3])
        at = match.end()
    try:
        return _batching(values)
    except ValueError as error:
        raise _unreadable(str(error)) from error


def _batching(values: dict[str, list[str]]) -> Batching:
    def last(name: str, otherwise: str) -> str:
        return values.get(name, [otherwise])[-1]

    how = Batching(
        max_batch_size=int(last("max_batch_size", "1000")),
        batch_timeout_s=int(last("batch_timeout_micros", "0")) / 1e6,
        num_batch_threads=int(last("num_batch_threads", "2")),
        allowed_batch_sizes=tuple(map(int, values.get("allowed_batch_sizes", []))),
        pad_variable_length_inputs=last("pad_variable_length_inputs", "false") == "true",
    )
    sizes = how.allowed_batch_sizes
    if how.max_batch_size < 1 or how.num_batch_threads < 1 or how.batch_timeout_s < 0:
        raise ValueError("a size is too small")
    if sizes and (list(sizes) != sorted(set(sizes)) or sizes[-1] != how.max_batch_size):
        raise ValueError("allowed_batch_sizes must rise, up to max_batch_size")
    return how


def _unreadable(where: str) -> DeepcatError:
    return DeepcatError(
        f"the batching parameters cannot be read: {where}",
        hint="write them as TensorFlow Serving's --batching_parameters_file takes them",
        code="serving/batching",
    )
