"""JSON values to arrays, by TensorFlow Serving's rules and words.

Numbers go through NumPy at once; whatever NumPy does not take for certain is walked value by
value, which gives the same array or the right error.
"""

from __future__ import annotations

import base64
import binascii
import math
from array import array
from itertools import chain
from typing import Any

import numpy as np

from deepcat.serving.contract.dtypes import Array, DType, numpy_type
from deepcat.serving.contract.jsontext import kind, show
from deepcat.serving.contract.jsonwords import put_right
from deepcat.serving.contract.status import Code, ServingError, invalid

_INT32 = (-(2**31), 2**31 - 1)
# What an integer may be; the small types are cut to size, as TensorFlow Serving does.
_RANGES: dict[str, tuple[int, int]] = {
    "int8": _INT32, "int16": _INT32, "int32": _INT32, "uint8": _INT32, "uint16": _INT32,
    "int64": (-(2**63), 2**63 - 1), "uint32": (0, 2**32 - 1), "uint64": (0, 2**64 - 1),
}  # fmt: skip
_DEEPEST = 64
# Types whose values C's own conversion gives from any number, as NumPy's does.
_CODES = {"float": "f", "double": "d"}
_DECIMALS = ("float", "double", "half", "bfloat16")


class Column:
    """The values of one input, gathered row by row."""

    def __init__(self, dtype: DType) -> None:
        self._dtype = dtype
        self._rows = 0
        self._shape: tuple[int, ...] = ()
        self._size = 0
        self._flat: list[Any] = []

    def add(self, value: Any) -> None:
        """Take a row's value.

        Raises:
            ServingError: it is of another type or shape than the input and the rows before.
        """
        shape = _shape(value)
        before = len(self._flat)
        _fill(value, 0, shape, self._dtype, self._flat)
        size = len(self._flat) - before
        if self._rows == 0:
            self._shape, self._size = shape, size
        elif size != self._size:
            raise invalid(f"Expecting tensor size: {self._size} but got: {size}")
        elif shape != self._shape:
            raise invalid(f"Expecting shape {_list(self._shape)} but got: {_list(shape)}")
        self._rows += 1

    def array(self) -> Array:
        """All rows in one array."""
        return _build(self._flat, (self._rows, *self._shape), self._dtype)


def limits_of(dtype: DType) -> tuple[float, float] | None:
    """The least and the greatest number of a type; None when it is no type of numbers."""
    if dtype.name in _DECIMALS:
        return (-math.inf, math.inf)
    return _RANGES.get(dtype.name)


def quick_array(value: Any, dtype: DType) -> Array | None:
    """Doubles or integers, when every value is for certain a number of the right kind, else None.

    `finished` makes them an array of the type itself.
    """
    decimal = dtype.name in _DECIMALS
    if not decimal and dtype.name not in _RANGES:
        return None
    shape = _shape(value)
    rows = _flattened(value, shape)
    if rows is None:
        return None
    if not all(shape):
        return np.zeros(shape, "d" if decimal else "q")
    numbers = array("d" if decimal else "Q" if dtype.name == "uint64" else "q")
    try:
        for row in rows:
            numbers.fromlist(row)
    except (TypeError, OverflowError):
        return None
    flat: Array = np.frombuffer(numbers, dtype=numbers.typecode)
    if not decimal:
        least, most = _RANGES[dtype.name]
        if int(flat.min()) < least or int(flat.max()) > most:
            return None
    return flat.reshape(shape)


def little_array(value: list[Any], dtype: DType) -> Array | None:
    """As `quick_array`, finished, for few values."""
    code = _CODES.get(dtype.name)
    if code is None:
        numbers = quick_array(value, dtype)
        return None if numbers is None else finished(numbers, dtype, False)[0]
    shape = _shape(value)
    rows = _flattened(value, shape)
    if rows is None or not all(shape):
        return None
    flat = array(code)
    try:
        for row in rows:
            flat.fromlist(row)
    except (TypeError, OverflowError):
        return None
    found: Array = np.frombuffer(flat, code)
    return found.reshape(shape)


def finished(numbers: Array, dtype: DType, has_words: bool) -> tuple[Array, int]:
    """An array of the type itself, and how many of its numbers stood for words."""
    words = 0
    if has_words and dtype.name in _DECIMALS:
        numbers = numbers if numbers.flags.writeable else numbers.copy()
        words = put_right(numbers)
    with np.errstate(over="ignore"):
        return numbers.astype(numpy_type(dtype), copy=False), words


def walked_array(value: Any, dtype: DType) -> Array:
    """The array of a value that NumPy does not take for certain.

    Raises:
        ServingError: it is of another type, or its lists are not equally long.
    """
    shape = _shape(value)
    flat: list[Any] = []
    _fill(value, 0, shape, dtype, flat)
    return _build(flat, shape, dtype)


def _flattened(value: Any, shape: tuple[int, ...]) -> list[list[Any]] | None:
    """The innermost lists, when all lists of one level are equally long, else None."""
    if not shape or len(shape) > _DEEPEST:
        return None
    lists: list[Any] = [value]
    for size in shape[1:]:
        lists = list(chain.from_iterable(lists))
        if not all(type(item) is list and len(item) == size for item in lists):
            return None
    return lists


def _shape(value: Any) -> tuple[int, ...]:
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(shape)


def _fill(value: Any, level: int, shape: tuple[int, ...], dtype: DType, flat: list[Any]) -> None:
    if not isinstance(value, list):
        if level != len(shape):
            raise invalid(
                f"JSON Value: {show(value)} found at incorrect level: {level + 1} in the JSON "
                f"DOM. Expected at level: {len(shape)}"
            )
        flat.append(_scalar(value, dtype))
        return
    if level >= len(shape):
        raise invalid(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(value) != shape[level]:
        raise invalid(
            f"Encountered list at unexpected size: {len(value)} at level: {level} "
            f"expected size: {shape[level]}"
        )
    if level > _DEEPEST:
        raise invalid(f"Encountered list at unexpected level: {level} expected < {_DEEPEST}")
    for item in value:
        _fill(item, level + 1, shape, dtype, flat)


def _scalar(value: Any, dtype: DType) -> Any:
    name = dtype.name
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if name in _DECIMALS:
        if number:
            return value
    elif name in _RANGES:
        least, most = _RANGES[name]
        if number and isinstance(value, int) and least <= value <= most:
            return value
    elif name == "string":
        if isinstance(value, str):
            return value.encode("utf-8", "surrogateescape")
        if isinstance(value, dict):
            return _base64(value)
    elif name == "bool":
        if isinstance(value, bool):
            return value
    else:
        raise ServingError(
            Code.UNIMPLEMENTED, f"Conversion of JSON Value: {show(value)} to type: {name}"
        )
    raise invalid(f"JSON Value: {show(value)} Type: {kind(value)} is not of expected type: {name}")


def _build(flat: list[Any], shape: tuple[int, ...], dtype: DType) -> Array:
    wanted = numpy_type(dtype)
    if dtype.name == "string":
        texts: Array = np.empty(len(flat), dtype=object)
        texts[:] = flat
        return texts.reshape(shape)
    if dtype.name in _DECIMALS:
        with np.errstate(over="ignore"):
            return np.array(flat, dtype=np.float64).astype(wanted).reshape(shape)
    if dtype.name in ("int64", "uint64", "bool"):
        return np.array(flat, dtype=wanted).reshape(shape)
    return np.array(flat, dtype=np.int64).astype(wanted).reshape(shape)


def is_base64(value: Any) -> bool:
    """Whether a JSON value is ``{"b64": "..."}``."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def _base64(value: dict[str, Any]) -> bytes:
    if not is_base64(value):
        raise invalid(f"JSON Value: {show(value)} not formatted correctly for base64 data")
    return decode_base64(value["b64"])


def decode_base64(text: str) -> bytes:
    """The bytes of a base64 text; padding may be missing.

    Raises:
        ServingError: it is no base64.
    """
    stripped = text.rstrip("=")
    try:
        return base64.b64decode(stripped + "=" * (-len(stripped) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid("Unable to base64 decode") from error


def _list(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"
