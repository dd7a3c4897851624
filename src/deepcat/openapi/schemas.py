"""Tensors as JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from deepcat.openapi.values import Tensor

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
BASE64: Schema = {
    "type": "object",
    "properties": {"b64": {"type": "string", "contentEncoding": "base64"}},
    "required": ["b64"],
    "additionalProperties": False,
}
_BITS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}


def element(dtype: str) -> Schema:
    """One element of a tensor, as TensorFlow Serving writes and reads it."""
    if dtype == "string":
        return {"anyOf": [TEXT, BASE64]}
    if dtype == "bool":
        return {"type": "boolean"}
    if "int" in dtype:
        bits = _BITS[dtype.removeprefix("u")]
        if dtype.startswith("u"):
            return {"type": "integer", "minimum": 0, "maximum": 2**bits - 1}
        return {"type": "integer", "minimum": -(2 ** (bits - 1)), "maximum": 2 ** (bits - 1) - 1}
    return {"type": "number"}


def result(dtype: str) -> Schema:
    """One element of an answer; NaN and infinities, which JSON has not, are null to some."""
    found = element(dtype)
    return {"type": ["number", "null"]} if found == {"type": "number"} else found


def nested(inner: Schema, shape: Iterable[int]) -> Schema:
    """Lists of a shape; -1 for any length."""
    for size in reversed(tuple(shape)):
        length = {"minItems": size, "maxItems": size} if size >= 0 else {}
        inner = {"type": "array", "items": inner, **length}
    return inner


def value(tensor: Tensor, inner: Schema, *, row: bool = False, loose: bool = False) -> Schema:
    """A tensor's JSON value.

    Args:
        tensor: what is described.
        inner: its elements.
        row: of one row alone, without its first dimension.
        loose: also one element for a list, which a model gives that was given one.
    """
    if tensor.shape is None or (loose and len(tensor.shape) == 1):
        # Of any rank: its elements, or lists of lists of them.
        return {"anyOf": [inner, {"type": "array"}]}
    return nested(inner, tensor.shape[1:] if row else tensor.shape)


def obj(properties: Mapping[str, Any], required: Iterable[str] = ()) -> Schema:
    """An object with these members and no other."""
    found: Schema = {"type": "object", "properties": dict(properties)}
    if needed := sorted(required):
        found["required"] = needed
    return found


def described(schema: Schema, text: str) -> Schema:
    """A schema with a description, where there is one."""
    return {**schema, "description": text} if text else schema
