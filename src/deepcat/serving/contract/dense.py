"""A tensor straight from the text of its numbers: no Python object for each of them.

The parser gives all numbers of a list in one row, whatever lists they stand in. What is left of the
text without the characters of numbers says those lists: the text of a tensor's shape.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import simdjson

from deepcat.serving.contract.arrays import limits_of
from deepcat.serving.contract.dtypes import Array, DType

_OF_NUMBERS = b"0123456789+-.eE \t\n\r"
_DEEPEST = 64


def dense_array(text: bytes, at: int, value: simdjson.Array, dtype: DType) -> Array | None:
    """The array of a list of numbers; None if it is none for certain.

    Args:
        text: the whole text.
        at: where the text of `value` begins, or its colon.
        value: the list as parsed.
        dtype: what the array holds.
    """
    end = text.find(b'"', at)
    lists = text[at : end if end >= 0 else len(text)].translate(None, _OF_NUMBERS)
    shape = _shape(lists.strip(b":,}"))
    if shape is None:
        return None
    limits = limits_of(dtype)
    if limits is None:
        return None
    kind: Literal["d", "u", "i"] = (
        "d" if limits[1] == math.inf else "u" if dtype.name == "uint64" else "i"
    )
    try:
        data = value.as_buffer(of_type=kind)
    except (TypeError, ValueError):
        return None
    flat: Array = np.frombuffer(data, {"d": np.float64, "u": np.uint64, "i": np.int64}[kind])
    if flat.size != math.prod(shape) or not flat.size:
        return None
    if kind != "d" and (int(flat.min()) < limits[0] or int(flat.max()) > limits[1]):
        return None
    return flat.reshape(shape)


def _shape(lists: bytes) -> tuple[int, ...] | None:
    """The shape that the brackets and commas of equally long lists say; None if they are not so."""
    depth = len(lists) - len(lists.lstrip(b"["))
    if not 0 < depth <= _DEEPEST:
        return None
    end = lists.find(b"]")
    size = end - depth + 1
    shape = [size]
    unit = b"[" + b"," * (size - 1) + b"]"
    begin = depth - 1
    for level in range(depth - 2, -1, -1):
        last = lists.find(unit + b"]", begin)
        count, left = divmod(last - begin, len(unit) + 1)
        if last < 0 or left:
            return None
        unit = b"[" + b",".join([unit] * (count + 1)) + b"]"
        shape.append(count + 1)
        begin = level
    return tuple(reversed(shape)) if unit == lists else None
