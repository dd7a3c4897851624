"""The protocol's element types and its tensors, as JSON values and as bytes. Pure."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from deepcat.serving.contract import dtypes
from deepcat.serving.contract.arrays import decode_base64, walked_array
from deepcat.serving.contract.dtypes import Array, DType
from deepcat.serving.contract.status import Code, ServingError, invalid
from deepcat.serving.server.numbers import numbers

_NAMES = {
    "bool": "BOOL", "uint8": "UINT8", "uint16": "UINT16", "uint32": "UINT32", "uint64": "UINT64",
    "int8": "INT8", "int16": "INT16", "int32": "INT32", "int64": "INT64", "half": "FP16",
    "float": "FP32", "double": "FP64", "string": "BYTES", "bfloat16": "BF16",
}  # fmt: skip
_LENGTH = struct.Struct("<I")
_MOST_DIMENSIONS = 32
_MOST_ELEMENTS = 2**31


def datatype(dtype: DType) -> str:
    """The protocol's name of a type.

    Raises:
        ServingError: UNIMPLEMENTED; it has none.
    """
    if dtype.name not in _NAMES:
        raise ServingError(Code.UNIMPLEMENTED, f"no datatype of this protocol is {dtype.name}")
    return _NAMES[dtype.name]


def require(name: str, given: Any, dtype: DType, shape: Any) -> tuple[int, ...]:
    """The shape of an input, once its type and shape are what they must be.

    Raises:
        ServingError: INVALID_ARGUMENT.
    """
    wanted = datatype(dtype)
    if given != wanted:
        raise invalid(f"unexpected datatype {str(given)[:40]!r} for input {name!r}, not {wanted}")
    sizes = tuple(shape) if isinstance(shape, list | tuple) else (-1,)
    if len(sizes) > _MOST_DIMENSIONS or not all(type(size) is int for size in sizes):
        raise invalid(f"the shape of input {name!r} is no list of sizes")
    # NumPy takes the others' product into account where one is 0, too.
    if not all(size >= 0 for size in sizes) or math.prod(n or 1 for n in sizes) > _MOST_ELEMENTS:
        raise invalid(f"the shape of input {name!r} has a size that no tensor has")
    return sizes


def from_json(name: str, data: Any, dtype: DType, shape: tuple[int, ...], is_base64: bool) -> Array:
    """The array of a tensor's `data`, which may be flat or nested.

    Raises:
        ServingError: INVALID_ARGUMENT; it is of another type, or does not fill its shape.
    """
    if not isinstance(data, list):
        raise invalid(f"the data of input {name!r} is no list")
    found = numbers(data, dtype)
    if found is None:
        found = walked_array(data, dtype)
    if is_base64 and dtype is dtypes.STRING:
        found = strings([decode_base64(each.decode("latin-1")) for each in found.ravel().tolist()])
    return _filling(name, found, shape)


def from_bytes(name: str, data: bytes, dtype: DType, shape: tuple[int, ...]) -> Array:
    """The array of a tensor's bytes, in little-endian order.

    Raises:
        ServingError: INVALID_ARGUMENT; they do not fill its shape.
    """
    if dtype is dtypes.STRING:
        return _filling(name, strings(_cut(name, data)), shape)
    kind = dtypes.numpy_type(dtype)
    if len(data) != math.prod(shape) * kind.itemsize:
        raise invalid(
            f"input {name!r} has {len(data)} bytes, its shape {list(shape)} needs "
            f"{math.prod(shape) * kind.itemsize}"
        )
    return np.frombuffer(data, kind).reshape(shape)


def to_bytes(array: Array) -> bytes:
    """The bytes of an array, as `from_bytes` reads them."""
    if array.dtype.kind == "O":
        return b"".join(_LENGTH.pack(len(each)) + each for each in array.ravel().tolist())
    return np.ascontiguousarray(array).tobytes()


def strings(values: Sequence[bytes]) -> Array:
    """A vector of strings."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _cut(name: str, data: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        if at + 4 > len(data):
            raise invalid(f"input {name!r} ends within the length of an element")
        (size,) = _LENGTH.unpack_from(data, at)
        at += 4 + size
        if at > len(data):
            raise invalid(f"input {name!r} ends within an element")
        found.append(data[at - size : at])
    return found


def _filling(name: str, array: Array, shape: tuple[int, ...]) -> Array:
    if array.size != math.prod(shape):
        raise invalid(
            f"input {name!r} has {array.size} elements, its shape {list(shape)} needs "
            f"{math.prod(shape)}"
        )
    return array.reshape(shape)
