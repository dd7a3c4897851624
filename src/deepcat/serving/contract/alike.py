"""PredictRequests that differ in their tensor's values alone: read without protobuf.

A client sends the same bytes again and again, but for the values at their end. What was read once
and proved to be of that kind tells the next of equal length and equal beginning.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcat.serving.contract import dtypes
from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.protos import predict_pb2

_MOST_BYTES = 2**20
_MOST_LENGTHS = 64
_MOST_EACH = 4
_MOST_RANK = 64  # NumPy's
# What is kept of a request is its sender's choice.
_MOST_BEGINNING = 4096


@dataclass(frozen=True, slots=True)
class Kind:
    """What such requests have in common.

    Attributes:
        beginning: their bytes up to the values.
        model: the model's name.
        version: its number; None where they name none.
        label: the label of a version; empty where they name none.
        signature: the signature's name; empty for the default.
        alias: of the one input.
        shape: of its tensor.
        dtype: of its values.
    """

    beginning: bytes
    model: str
    version: int | None
    label: str
    signature: str
    alias: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class Alike:
    """One such request."""

    kind: Kind
    array: Array


class Reader:
    """Reads PredictRequests; several threads may."""

    def __init__(self) -> None:
        self._kinds: dict[int, tuple[Kind, ...]] = {}
        self._tried: dict[int, int] = {}

    def read(self, data: bytes) -> Any:
        """A request: `Alike`, or a PredictRequest.

        Raises:
            DecodeError: it is none.
        """
        for kind in self._kinds.get(len(data), ()):
            if data.startswith(kind.beginning):
                values = np.frombuffer(data, kind.dtype, offset=len(kind.beginning))
                return Alike(kind, values.reshape(kind.shape))
        request = predict_pb2.PredictRequest.FromString(data)
        size = len(data)
        if size <= _MOST_BYTES and self._tried.get(size, 0) < _MOST_EACH:
            self._learn(data, request)
        return request

    def _learn(self, data: bytes, request: Any) -> None:
        if len(self._tried) >= _MOST_LENGTHS:
            self._kinds, self._tried = {}, {}
        size = len(data)
        self._tried[size] = self._tried.get(size, 0) + 1
        kind = kind_of(data, request)
        if kind is not None:
            self._kinds[size] = (*self._kinds.get(size, ()), kind)


def kind_of(data: bytes, request: Any) -> Kind | None:
    """The kind of a request, when its last bytes are for certain the values of its only tensor."""
    if len(request.inputs) != 1 or request.output_filter or not request.model_spec.name:
        return None
    ((alias, tensor),) = request.inputs.items()
    content = _content(tensor)
    if not content or not data.endswith(content):
        return None
    beginning = data[: len(data) - len(content)]
    if len(beginning) > _MOST_BEGINNING:
        return None
    dtype = dtypes.numpy_type(dtypes.BY_NUMBER[tensor.dtype])
    # Whatever else is a number's last bit in its place: protobuf itself says what these bytes are.
    changed = np.frombuffer(content, np.uint8).copy()
    changed[:: dtype.itemsize] ^= 1
    proof = predict_pb2.PredictRequest.FromString(beginning + changed.tobytes())
    if _content(proof.inputs[alias]) != changed.tobytes():
        return None
    spec = request.model_spec
    numbered = spec.WhichOneof("version_choice") == "version"
    return Kind(
        beginning,
        spec.name,
        int(spec.version.value) if numbered else None,
        spec.version_label,
        spec.signature_name,
        alias,
        tuple(dim.size for dim in tensor.tensor_shape.dim),
        dtype,
    )


def _content(tensor: Any) -> bytes | None:
    """The bytes of a tensor's values, when each of any value means just itself."""
    found = dtypes.BY_NUMBER.get(tensor.dtype)
    if found is None or not found.numpy or found.name in ("bool", "string"):
        return None
    dims, kind = tensor.tensor_shape.dim, dtypes.numpy_type(found)
    if tensor.tensor_shape.unknown_rank or len(dims) > _MOST_RANK:
        return None
    size = math.prod(dim.size for dim in dims) * kind.itemsize
    if tensor.tensor_content:
        content: bytes = tensor.tensor_content
    elif found.name in ("float", "double"):
        content = np.array(getattr(tensor, found.field), kind).tobytes()
    else:
        return None
    return content if len(content) == size and all(dim.size > 0 for dim in dims) else None
