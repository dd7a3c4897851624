"""TensorProto to arrays and back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from deepcat.serving.contract import dtypes, wire
from deepcat.serving.contract.dtypes import Array, DType
from deepcat.serving.contract.protos import tensor_pb2
from deepcat.serving.contract.status import invalid

_MOST_ELEMENTS = 2**40
_MOST_RANK = 64  # NumPy's
_SHOWN = 8  # dimensions in a message
_MOST_EXPANDED = 64 * 2**20
_STRING_BYTES = 32  # one reference here, and an empty string of TensorFlow's


class Expansion:
    """What a request may grow by beyond what it says, in bytes."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = _MOST_EXPANDED

    def take(self, size: int) -> bool:
        """Whether there is so much left; it is then taken."""
        if size > self._left:
            return False
        self._left -= size
        return True


def elements(protos: Iterable[Any]) -> int:
    """How many elements tensors say that they have, whether they hold their values or not.

    A shape that no tensor can have counts as one beyond every bound.
    """
    return sum(_size(proto.tensor_shape.dim) for proto in protos)


def _size(dims: Any) -> int:
    # The product of many large numbers is a work of its own.
    if len(dims) > _MOST_RANK or any(dim.size < 0 for dim in dims):
        return _MOST_ELEMENTS + 1
    # NumPy takes the others' product into account where one is 0, too.
    most = math.prod(dim.size or 1 for dim in dims)
    return most if most > _MOST_ELEMENTS or all(dim.size for dim in dims) else 0


def to_array(proto: Any, expansion: Expansion | None = None) -> Array:
    """The array that a TensorProto holds.

    Args:
        proto: the tensor.
        expansion: what the request's tensors may still grow by; by default this one alone.

    Raises:
        ServingError: INVALID_ARGUMENT; its type is unknown or its values do not fill its shape.
    """
    dtype = dtypes.BY_NUMBER.get(proto.dtype)
    if dtype is None:
        raise invalid("Tensor has no known data type")
    try:
        kind = dtypes.numpy_type(dtype)
    except TypeError as error:
        raise invalid(str(error)) from error
    dims = proto.tensor_shape.dim
    if len(dims) > _MOST_RANK:
        raise invalid(f"Tensor has {len(dims)} dimensions, {_MOST_RANK} are the most")
    shape = tuple(dim.size for dim in dims)
    size = _size(dims)
    if proto.tensor_shape.unknown_rank or size > _MOST_ELEMENTS:
        raise invalid(f"Tensor shape {_shown(shape)} is not fully defined")
    content = proto.tensor_content
    if content and dtype is not dtypes.STRING:
        if len(content) != size * kind.itemsize:
            raise invalid(
                f"Tensor content holds {len(content)} bytes, its shape needs {size * kind.itemsize}"
            )
        return np.frombuffer(content, kind).reshape(shape)
    values = _values(proto, dtype, kind)
    # Told before any of it is there: a few bytes can ask for as many as they like.
    grown = (size - len(values)) * _each(values, dtype, kind)
    if grown > 0 and not (expansion or Expansion()).take(grown):
        raise invalid(f"Tensor of {size} values is larger than what it says of them")
    return _filled(values, size, kind, dtype).reshape(shape)


def _each(values: Array, dtype: DType, kind: np.dtype[Any]) -> int:
    """What one more of the last value takes, in bytes: TensorFlow copies each string."""
    if dtype is not dtypes.STRING:
        return max(kind.itemsize, 1)
    return _STRING_BYTES + (len(values[-1]) if len(values) else 0)


def _shown(shape: tuple[int, ...]) -> str:
    more = ", ..." if len(shape) > _SHOWN else ""
    return f"[{', '.join(map(str, shape[:_SHOWN]))}{more}]"


def _values(proto: Any, dtype: DType, kind: np.dtype[Any]) -> Array:
    field = getattr(proto, dtype.field)
    if dtype is dtypes.STRING:
        array = np.empty(len(field), dtype=object)
        array[:] = field
        return array
    if dtype.field == "half_val":
        return np.array(field, dtype=np.uint16).view(kind)
    if dtype.field in ("scomplex_val", "dcomplex_val"):
        part = np.float32 if dtype.field == "scomplex_val" else np.float64
        return np.array(field[: len(field) // 2 * 2], dtype=part).view(kind)
    if dtype.field == "int_val":
        return np.array(field, dtype=np.int32).astype(kind)
    return np.array(field, dtype=kind)


def _filled(values: Array, size: int, kind: np.dtype[Any], dtype: DType) -> Array:
    """The values, the last one repeated as often as the shape needs."""
    if len(values) == size:
        return values
    if len(values) > size:
        raise invalid(f"Tensor holds {len(values)} values, its shape needs {size}")
    full = np.empty(size, dtype=kind)
    full[: len(values)] = values
    blank: Any = b"" if dtype is dtypes.STRING else 0
    full[len(values) :] = values[-1] if len(values) else blank
    return full


def to_proto(array: Array) -> Any:
    """A TensorProto with the values in its typed field, which is what clients read."""
    written = wire.tensor(array)
    if written is not None:
        return tensor_pb2.TensorProto.FromString(b"".join(written))
    dtype = dtypes.of_array(array)
    proto = tensor_pb2.TensorProto()
    field = getattr(proto, dtype.field)
    if dtype.field == "half_val":
        field.extend(np.ascontiguousarray(array).view(np.uint16).ravel().tolist())
    elif dtype.field in ("scomplex_val", "dcomplex_val"):
        part = np.float32 if dtype.field == "scomplex_val" else np.float64
        field.extend(np.ascontiguousarray(array).view(part).ravel().tolist())
    else:
        field.extend(array.ravel().tolist())
    proto.dtype = dtype.number
    dims = proto.tensor_shape.dim
    for size in array.shape:
        dims.add().size = size
    if not array.ndim:
        proto.tensor_shape.SetInParent()
    return proto
