"""JSON's numbers to an array at once, for the protocols beside TensorFlow Serving's. Pure."""

from __future__ import annotations

from typing import Any

from deepcat.serving.contract.arrays import finished, quick_array
from deepcat.serving.contract.dtypes import Array, DType


def numbers(value: Any, dtype: DType) -> Array | None:
    """The array when every value is a number of the right kind, else None."""
    found = quick_array(value, dtype)
    # A truth value among numbers passes through NumPy as a number.
    if found is None or _has_truth(value, found.ndim):
        return None
    return finished(found, dtype, has_words=False)[0]


def _has_truth(value: Any, depth: int) -> bool:
    if depth <= 1:
        return bool in set(map(type, value)) if depth else isinstance(value, bool)
    return any(_has_truth(each, depth - 1) for each in value)
