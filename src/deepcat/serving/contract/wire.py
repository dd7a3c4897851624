"""Tensors and answers in protobuf's own bytes, written without visiting each value."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from deepcat.serving.contract import dtypes
from deepcat.serving.contract.dtypes import Array

# The wire tag (length-delimited) of each field whose packed values are the array's own bytes.
_PACKED = {"float": b"\x2a", "double": b"\x32", "bool": b"\x5a"}

# Heads that are kept: answers differ in their values, and seldom in anything else.
_KEPT = 512
_LITTLE = 4096


def varint(number: int) -> bytes:
    """A number as protobuf writes it."""
    if number < 0x80:
        return bytes((number,))
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def tensor(array: Array) -> list[bytes | memoryview] | None:
    """The parts of a TensorProto with the values in their typed field.

    None for types whose values protobuf writes otherwise than memory holds them.
    """
    dtype = dtypes.of_array(array)
    tag = _PACKED.get(dtype.name)
    if tag is None:
        return None
    head = _head(dtype.number, tag, array.shape, array.nbytes)
    if not array.size:
        return [head]
    if array.nbytes <= _LITTLE:
        return [head, array.tobytes()]
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    return [head, flat.data]


@lru_cache(_KEPT)
def _head(number: int, tag: bytes, shape: tuple[int, ...], size: int) -> bytes:
    """A TensorProto up to its values."""
    dims = b"".join(_field(b"\x12", b"\x08" + varint(each) if each else b"") for each in shape)
    head = b"\x08" + varint(number) + _field(b"\x12", dims)
    return head + tag + varint(size) if size else head


def predict_response(
    outputs: Mapping[str, list[bytes | memoryview]], model: str, version: int, signature: str
) -> bytes:
    """A PredictResponse; its outputs as `tensor` gives them, or whole."""
    parts: list[bytes | memoryview] = []
    for alias, tensor_parts in outputs.items():
        size = 0
        for part in tensor_parts:
            size += len(part)
        parts.append(_entry(alias, size))
        parts += tensor_parts
    parts.append(_spec(model, version, signature))
    return b"".join(parts)


@lru_cache(_KEPT)
def _entry(alias: str, size: int) -> bytes:
    """An entry of the map of outputs, up to its tensor of so many bytes."""
    head = _field(b"\x0a", alias.encode()) + b"\x12" + varint(size)
    return b"\x0a" + varint(len(head) + size) + head


@lru_cache(_KEPT)
def _spec(model: str, version: int, signature: str) -> bytes:
    """A response's field that says which model answered."""
    spec = _field(b"\x0a", model.encode()) + _field(b"\x12", b"\x08" + varint(version))
    return _field(b"\x12", spec + _field(b"\x1a", signature.encode()))


def _field(tag: bytes, content: bytes) -> bytes:
    return tag + varint(len(content)) + content
