"""How much a batch grows where rows of unlike sizes are filled up to the largest; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from deepcat.serving.contract.dtypes import Array

_MOST = 64 * 2**20
_STRING_BYTES = 32


@dataclass(frozen=True, slots=True)
class Extent:
    """What the tensors of a batch measure.

    Attributes:
        rows: of each tensor.
        widest: of each tensor, how large a row is once it is filled up.
        each: of each tensor, the bytes of an element.
        own: bytes of all elements that were sent.
    """

    rows: int
    widest: tuple[tuple[int, ...], ...]
    each: tuple[int, ...]
    own: int

    def joined(self, other: Extent) -> Extent:
        """Of both together; their tensors are of the same ranks and types."""
        widest = tuple(
            tuple(map(max, one, another))
            for one, another in zip(self.widest, other.widest, strict=True)
        )
        return Extent(self.rows + other.rows, widest, self.each, self.own + other.own)

    @property
    def is_bounded(self) -> bool:
        """Whether what is filled up stays below 64 MiB."""
        sizes = (math.prod(row) * size for row, size in zip(self.widest, self.each, strict=True))
        return self.rows * sum(sizes) - self.own <= _MOST


def extent(arrays: Sequence[Array], rows: int) -> Extent:
    """What a request's first rows measure."""
    each = tuple(_STRING_BYTES if a.dtype.hasobject else a.itemsize for a in arrays)
    widest = tuple(array.shape[1:] for array in arrays)
    own = sum(math.prod(row) * size for row, size in zip(widest, each, strict=True))
    return Extent(rows, widest, each, rows * own)
