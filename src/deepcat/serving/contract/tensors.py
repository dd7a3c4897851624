"""TensorProto to arrays and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepcat.serving.contract import dtypes
from deepcat.serving.contract.dtypes import Array, DType
from deepcat.serving.contract.protos import tensor_pb2
from deepcat.serving.contract.status import invalid

# The wire tag (length-delimited) of each field whose packed values are the array's own bytes.
_PACKED = {"float": b"\x2a", "double": b"\x32", "bool": b"\x5a"}
_MOST_ELEMENTS = 2**40


def to_array(proto: Any) -> Array:
    """The array that a TensorProto holds.

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
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    size = math.prod(shape)
    if proto.tensor_shape.unknown_rank or any(s < 0 for s in shape) or size > _MOST_ELEMENTS:
        raise invalid(f"Tensor shape {list(shape)} is not fully defined")
    content = proto.tensor_content
    if content and dtype is not dtypes.STRING:
        if len(content) != size * kind.itemsize:
            raise invalid(
                f"Tensor content holds {len(content)} bytes, its shape needs {size * kind.itemsize}"
            )
        return np.frombuffer(content, kind).reshape(shape)
    return _filled(_values(proto, dtype, kind), size, kind, dtype).reshape(shape)


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
    if size * max(kind.itemsize, 1) > 2**32:
        raise invalid(f"Tensor of {size} values is larger than what it says of them")
    full = np.empty(size, dtype=kind)
    full[: len(values)] = values
    blank: Any = b"" if dtype is dtypes.STRING else 0
    full[len(values) :] = values[-1] if len(values) else blank
    return full


def to_proto(array: Array) -> Any:
    """A TensorProto with the values in its typed field, which is what clients read."""
    dtype = dtypes.of_array(array)
    tag = _PACKED.get(dtype.name)
    if tag is not None:
        # What protobuf would write for these values, without visiting each of them.
        data = np.ascontiguousarray(array).tobytes()
        proto = tensor_pb2.TensorProto.FromString(tag + _varint(len(data)) + data if data else b"")
    else:
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


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)
