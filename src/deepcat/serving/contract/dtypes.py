"""TensorFlow's element types: number, name in a proto, name in a message, NumPy's type."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class DType:
    """One element type; there is one object of each, which is told by its identity.

    Attributes:
        number: of the enum `tensorflow.DataType`.
        name: as messages spell it, such as ``float``.
        numpy: name of NumPy's type, ``object`` for strings; empty where NumPy has none.
        field: the field of TensorProto that holds its values.
    """

    number: int
    name: str
    numpy: str
    field: str

    @property
    def proto_name(self) -> str:
        """As the enum spells it, such as ``DT_FLOAT``."""
        return f"DT_{self.name.upper()}"


_ALL = (
    DType(1, "float", "float32", "float_val"),
    DType(2, "double", "float64", "double_val"),
    DType(3, "int32", "int32", "int_val"),
    DType(4, "uint8", "uint8", "int_val"),
    DType(5, "int16", "int16", "int_val"),
    DType(6, "int8", "int8", "int_val"),
    DType(7, "string", "object", "string_val"),
    DType(8, "complex64", "complex64", "scomplex_val"),
    DType(9, "int64", "int64", "int64_val"),
    DType(10, "bool", "bool", "bool_val"),
    DType(11, "qint8", "int8", "int_val"),
    DType(12, "quint8", "uint8", "int_val"),
    DType(13, "qint32", "int32", "int_val"),
    DType(14, "bfloat16", "bfloat16", "half_val"),
    DType(15, "qint16", "int16", "int_val"),
    DType(16, "quint16", "uint16", "int_val"),
    DType(17, "uint16", "uint16", "int_val"),
    DType(18, "complex128", "complex128", "dcomplex_val"),
    DType(19, "half", "float16", "half_val"),
    DType(20, "resource", "", "resource_handle_val"),
    DType(21, "variant", "", "variant_val"),
    DType(22, "uint32", "uint32", "uint32_val"),
    DType(23, "uint64", "uint64", "uint64_val"),
)
BY_NUMBER: dict[int, DType] = {dtype.number: dtype for dtype in _ALL}
BY_NAME: dict[str, DType] = {dtype.proto_name: dtype for dtype in _ALL}
FLOAT = BY_NUMBER[1]
INT64 = BY_NUMBER[9]
STRING = BY_NUMBER[7]

# NumPy's own numbers are quicker to look up than its types are to compare.
_PREFERRED = {
    np.dtype(name).num: number
    for name, number in {
        "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "object": 7,
        "complex64": 8, "int64": 9, "bool": 10, "uint16": 17, "complex128": 18, "float16": 19,
        "uint32": 22, "uint64": 23, "longlong": 9, "ulonglong": 23,
    }.items()
}  # fmt: skip


@cache
def numpy_type(dtype: DType) -> np.dtype[Any]:
    """NumPy's type for `dtype`.

    Raises:
        TypeError: values of this type stay inside TensorFlow.
    """
    if dtype.name == "bfloat16":
        import ml_dtypes

        bfloat16: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
        return bfloat16
    if not dtype.numpy:
        raise TypeError(f"a {dtype.name} tensor cannot leave the model")
    return np.dtype(dtype.numpy)


def of_array(array: np.ndarray[Any, Any]) -> DType:
    """The element type of an array; strings are arrays of objects (bytes).

    Raises:
        TypeError: TensorFlow has no such type.
    """
    number = _PREFERRED.get(array.dtype.num)
    if number is not None:
        return BY_NUMBER[number]
    if array.dtype.name == "bfloat16":
        return BY_NUMBER[14]
    raise TypeError(f"no TensorFlow type for {array.dtype}")
