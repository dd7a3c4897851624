"""Arrays as TensorFlow's tensors and back, through its C interface."""

from __future__ import annotations

import ctypes
import itertools
import math
from functools import cache
from typing import Any

import numpy as np

from deepcat.serving.contract import dtypes
from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.status import Code, ServingError
from deepcat.serving.engine import capi

_ALIGNMENT = 64
_LITTLE = 4096
_STRING_BYTES = 24  # sizeof(TF_TString), fixed by TensorFlow's binary interface


@cache
def _shape_type(rank: int) -> Any:
    # Held here: ctypes itself lets go of a type that nobody uses, and making it anew is slow.
    return ctypes.c_int64 * rank


class Tensors:
    """Turns arrays into TF_Tensor and back; every tensor made here must be deleted."""

    def __init__(self, library: Any) -> None:
        self._library = library
        # TensorFlow may keep an input after a run, in a variable or a table; the strings' memory
        # lives until it says that it let go.
        self._kept: dict[int, Any] = {}
        self._numbers = itertools.count(1)
        self._release = capi.Deallocator(self._let_go)
        self._release_address = ctypes.cast(self._release, ctypes.c_void_p)

    def from_array(self, array: Array) -> int:
        """A new tensor with the array's values."""
        number = dtypes.of_array(array).number
        shape = _shape_type(array.ndim)(*array.shape)
        if number == dtypes.STRING.number:
            return self._from_strings(array, shape)
        # NumPy's own `ascontiguousarray` would make a vector of a scalar.
        array = array if array.flags.c_contiguous else array.copy()
        library = self._library
        tensor: int = library.TF_AllocateTensor(number, shape, array.ndim, array.nbytes)
        if array.nbytes:
            # Where a little array lies takes longer to ask than to copy it once more.
            source = array.tobytes() if array.nbytes <= _LITTLE else array.ctypes.data
            ctypes.memmove(library.TF_TensorData(tensor), source, array.nbytes)
        return tensor

    def _from_strings(self, array: Array, shape: Any) -> int:
        library = self._library
        size = array.size * _STRING_BYTES
        memory = ctypes.create_string_buffer(size + _ALIGNMENT)
        address = -(-ctypes.addressof(memory) // _ALIGNMENT) * _ALIGNMENT
        for position, text in enumerate(array.ravel().tolist()):
            cell = address + position * _STRING_BYTES
            library.TF_StringInit(cell)
            library.TF_StringCopy(cell, text, len(text))
        key = next(self._numbers)
        self._kept[key] = memory
        tensor: int = library.TF_NewTensor(
            dtypes.STRING.number, shape, array.ndim, address, size, self._release_address, key
        )
        return tensor

    def _let_go(self, address: int, size: int, key: int) -> None:
        for cell in range(address or 0, (address or 0) + size, _STRING_BYTES):
            self._library.TF_StringDealloc(cell)
        self._kept.pop(key, None)

    def to_array(self, tensor: int | None) -> Array:
        """A copy of the tensor's values."""
        library = self._library
        dtype = dtypes.BY_NUMBER.get(library.TF_TensorType(tensor))
        dim = library.TF_Dim
        shape = tuple([dim(tensor, d) for d in range(library.TF_NumDims(tensor))])
        try:
            kind = dtypes.numpy_type(dtype) if dtype else np.dtype("V")
        except TypeError as error:
            raise ServingError(Code.UNIMPLEMENTED, str(error)) from None
        if dtype is None:
            raise ServingError(Code.UNIMPLEMENTED, "the model's output has an unknown type")
        data = library.TF_TensorData(tensor)
        if dtype is dtypes.STRING:
            return self._to_strings(data, shape)
        size = kind.itemsize * math.prod(shape)
        if 0 < size <= _LITTLE:
            return np.ndarray(shape, kind, ctypes.string_at(data, size))
        array = np.empty(shape, kind)
        if array.nbytes:
            ctypes.memmove(array.ctypes.data, data, array.nbytes)
        return array

    def _to_strings(self, data: int, shape: tuple[int, ...]) -> Array:
        library = self._library
        array = np.empty(math.prod(shape), dtype=object)
        for position in range(array.size):
            cell = data + position * _STRING_BYTES
            where = library.TF_StringGetDataPointer(cell)
            array[position] = ctypes.string_at(where, library.TF_StringGetSize(cell))
        return array.reshape(shape)
