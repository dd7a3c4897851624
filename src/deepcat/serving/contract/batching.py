"""TensorFlow Serving's BatchingParameters: what they mean, read from protobuf's text form."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, text_format, wrappers_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from deepcat.errors import DeepcatError

# Of a server that is given no parameters.
MAX_BATCH_SIZE = 1000
MAX_ENQUEUED_BATCHES = 10


@dataclass(frozen=True, slots=True)
class Batching:
    """How to batch; the names are those of TensorFlow Serving's BatchingParameters.

    Attributes:
        max_batch_size: rows of a request at most, and of a batch, unless requests are split.
        batch_timeout_s: how long the first request of a batch waits for others.
        num_batch_threads: batches that run at once, of all models; 0 for one a processor.
        allowed_batch_sizes: sizes to fill a batch up to, ascending; empty for any.
        pad_variable_length_inputs: whether inputs of unequal shape are filled up to fit.
        max_enqueued_batches: batches of a signature that may wait to be run.
        enable_large_batch_splitting: whether a request may be spread over several batches.
        max_execution_batch_size: rows of a batch at most where requests are split; 0 for
            `max_batch_size`.
        thread_pool_name: what the queue is called in metrics.
    """

    max_batch_size: int = MAX_BATCH_SIZE
    batch_timeout_s: float = 0.0
    num_batch_threads: int = 0
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_variable_length_inputs: bool = False
    max_enqueued_batches: int = MAX_ENQUEUED_BATCHES
    enable_large_batch_splitting: bool = False
    max_execution_batch_size: int = 0
    thread_pool_name: str = ""

    @property
    def most_rows(self) -> int:
        """Rows of a batch at most."""
        if self.enable_large_batch_splitting and self.max_execution_batch_size:
            return self.max_execution_batch_size
        return self.max_batch_size


def read_parameters(text: str) -> Batching:
    """Read BatchingParameters in protobuf's text form, as TensorFlow Serving's file has them.

    Raises:
        DeepcatError: it cannot be read, or asks for what cannot be (``serving/batching``).
    """
    message = _message_class()()
    try:
        text_format.Parse(text, message)
    except text_format.ParseError as error:
        raise _unreadable(f"{error}{_nearest(str(error))}") from error
    how = _batching(message)
    if fault := _fault(how, message):
        field, why = fault
        lines = text.splitlines()
        found = [n for n, line in enumerate(lines, 1) if re.search(rf"\b{field}\b", line)]
        raise _unreadable(f"{found[-1] if found else 1}: {field} {why}")
    return how


def _batching(message: Any) -> Batching:
    given = {field.name: value for field, value in message.ListFields()}
    values = {
        name: value.value if name in _WRAPPED else value
        for name, value in given.items()
        if name not in ("batch_timeout_micros", "allowed_batch_sizes")
    }
    return Batching(
        batch_timeout_s=message.batch_timeout_micros.value / 1e6,
        allowed_batch_sizes=tuple(message.allowed_batch_sizes),
        **values,
    )


def _fault(how: Batching, message: Any) -> tuple[str, str] | None:
    """The first field that cannot be carried out, and why."""
    for name, kind in _WRAPPED.items():
        if kind == _INT64 and message.HasField(name):
            value = getattr(message, name).value
            if value < (0 if name == "batch_timeout_micros" else 1):
                return name, f"is too small; was {value}"
    sizes = how.allowed_batch_sizes
    for wrong, field, why in (
        (
            how.most_rows > how.max_batch_size,
            "max_execution_batch_size",
            "must not be larger than max_batch_size",
        ),
        (
            any(size < 1 for size in sizes) or list(sizes) != sorted(set(sizes)),
            "allowed_batch_sizes",
            "must be positive, and in increasing order",
        ),
        (
            bool(sizes) and sizes[-1] != how.most_rows,
            "allowed_batch_sizes",
            f"must end with the largest batch; last entry was {sizes[-1] if sizes else 0}; "
            f"expected {how.most_rows}",
        ),
    ):
        if wrong:
            return field, why
    return None


def _nearest(error: str) -> str:
    """The field that was meant, where one is unknown."""
    unknown = re.search(r'no field named "(\w+)"', error)
    found = difflib.get_close_matches(unknown[1], _FIELDS) if unknown else []
    return f" Did you mean {found[0]}?" if found else ""


_INT64, _BOOL = ".google.protobuf.Int64Value", ".google.protobuf.BoolValue"
_WRAPPED: Mapping[str, str] = {
    "max_batch_size": _INT64,
    "batch_timeout_micros": _INT64,
    "max_enqueued_batches": _INT64,
    "num_batch_threads": _INT64,
    "thread_pool_name": ".google.protobuf.StringValue",
    "enable_large_batch_splitting": _BOOL,
    "max_execution_batch_size": _INT64,
}
_FIELDS = (*_WRAPPED, "allowed_batch_sizes", "pad_variable_length_inputs")


@cache
def _message_class() -> Any:
    """The message's class; the package of TensorFlow Serving's API has none."""
    kind = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="batching_parameters.proto",
        package="tensorflow.serving",
        syntax="proto3",
        dependency=[wrappers_pb2.DESCRIPTOR.name],
    )
    message = file.message_type.add(name="BatchingParameters")
    for number, name in enumerate(_FIELDS, 1):
        field = message.field.add(name=name, number=number, label=kind.LABEL_OPTIONAL)
        if name in _WRAPPED:
            field.type, field.type_name = kind.TYPE_MESSAGE, _WRAPPED[name]
        elif name == "allowed_batch_sizes":
            field.type, field.label = kind.TYPE_INT64, kind.LABEL_REPEATED
        else:
            field.type = kind.TYPE_BOOL
    pool = DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    return GetMessageClass(pool.FindMessageTypeByName("tensorflow.serving.BatchingParameters"))


def _unreadable(where: str) -> DeepcatError:
    return DeepcatError(
        f"the batching parameters cannot be read: {where}",
        hint="write them as TensorFlow Serving's --batching_parameters_file takes them",
        code="serving/batching",
    )
