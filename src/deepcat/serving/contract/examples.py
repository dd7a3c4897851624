"""Examples for classify and regress, from REST bodies and from gRPC's Input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcat.serving.contract.arrays import decode_base64, is_base64
from deepcat.serving.contract.decode import signature_name
from deepcat.serving.contract.jsontext import Repeated, kind, parse_object, show
from deepcat.serving.contract.protos import example_pb2
from deepcat.serving.contract.status import invalid
from deepcat.serving.contract.tensors import Expansion

_LISTS = {"int64": "int64_list", "float": "float_list", "bytes": "bytes_list"}


@dataclass(frozen=True, slots=True)
class ExamplesBody:
    """What a ``:classify`` or ``:regress`` body says; each example is a serialised proto."""

    signature_name: str
    examples: list[bytes]


def examples_body(body: bytes) -> ExamplesBody:
    """Read a ``:classify`` or ``:regress`` body.

    Raises:
        ServingError: INVALID_ARGUMENT, worded as TensorFlow Serving does.
    """
    document = parse_object(body)
    name = signature_name(document)
    context = b""
    if "context" in document:
        context = _example(document["context"])
    if "examples" not in document:
        raise invalid(
            f"JSON Value: {show(document)} When method is classify, key 'examples' is expected "
            "and was not found"
        )
    examples = document["examples"]
    if not isinstance(examples, list):
        raise invalid(
            f"JSON Value: {show(document)} Expecting 'examples' value to be an list/array"
        )
    if not examples:
        raise invalid(f"JSON Value: {show(document)} 'examples' value is an empty array")
    _bounded(context, len(examples))
    return ExamplesBody(name, [context + _example(example) for example in examples])


def input_examples(message: Any) -> list[bytes]:
    """The serialised examples of gRPC's Input; the context goes before each, so that it yields.

    Raises:
        ServingError: INVALID_ARGUMENT; there is none.
    """
    which = message.WhichOneof("kind")
    if which is None:
        raise invalid("Input is empty.")
    part = getattr(message, which)
    context = b""
    if which == "example_list_with_context":
        context = part.context.SerializeToString()
        _bounded(context, len(part.examples))
    examples = [context + example.SerializeToString() for example in part.examples]
    if not examples:
        raise invalid("Input is empty.")
    return examples


def _bounded(context: bytes, count: int) -> None:
    """Each example gets a copy of the context: told before any of them is there."""
    if not Expansion().take(len(context) * count):
        raise invalid(f"A context of {len(context)} bytes is too large for {count} examples")


def _example(value: Any) -> bytes:
    if not isinstance(value, dict):
        raise invalid(f"Example must be JSON object but got JSON {kind(value)}")
    example = example_pb2.Example()
    # Of two equal features the last one counts, as TensorFlow Serving has it.
    for name, content in (value.last if isinstance(value, Repeated) else value).items():
        feature = example.features.feature[name]
        values = content if isinstance(content, list) else [content]
        if values:
            _fill(feature, name, values)
    return bytes(example.SerializeToString())


def _fill(feature: Any, name: str, values: list[Any]) -> None:
    expected = ""
    gathered: list[Any] = []
    for value in values:
        found, plain = _value(name, value)
        if expected and found != expected:
            raise invalid(f"Unexpected element type in feature: {name} expecting type: {expected}")
        expected = found
        gathered.append(plain)
    getattr(feature, _LISTS[expected]).value.extend(gathered)


def _value(name: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, bool):
        return "int64", int(value)
    if isinstance(value, str):
        return "bytes", value.encode("utf-8", "surrogateescape")
    if is_base64(value):
        return "bytes", decode_base64(value["b64"])
    if isinstance(value, int) and -(2**63) <= value < 2**64:
        if value >= 2**63:
            raise invalid(f"Feature: {name} has uint64 element. Only int64_t is supported.")
        return "int64", value
    if isinstance(value, int | float):
        with np.errstate(over="ignore"):
            return "float", float(np.float32(value))
    raise invalid(f"Feature: {name} has element with unexpected JSON type: {kind(value)}")
