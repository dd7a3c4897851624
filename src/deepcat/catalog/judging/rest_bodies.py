"""Requests and responses of TensorFlow Serving's REST interface held against a signature. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from deepcat.catalog.wording import listed, nearest, shown

DEFAULT_SIGNATURE = "serving_default"
Tensor: TypeAlias = Mapping[str, Any]
Fault: TypeAlias = tuple[tuple[str | int, ...], str]

_INTEGERS = {
    f"{sign}int{bits}": ((0, 2**bits - 1) if sign else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
    for bits in (8, 16, 32, 64)
    for sign in ("", "u")
}


def request_faults(
    method: str, body: Mapping[str, Any], signature: Mapping[str, Any]
) -> Iterator[Fault]:
    """What is wrong with a request, each with its pointer inside the body."""
    if method != "predict":
        yield from _examples(body)
        return
    if ("instances" in body) == ("inputs" in body):
        yield (), "a predict request has either `instances` (rows) or `inputs` (columns)"
    elif "instances" in body:
        yield from _rows(body["instances"], signature["inputs"], ("instances",), "input")
    else:
        yield from _columns(body["inputs"], signature["inputs"], ("inputs",), "input")


def response_faults(
    method: str, request: Mapping[str, Any], body: Mapping[str, Any], signature: Mapping[str, Any]
) -> Iterator[Fault]:
    """What is wrong with a response to a request, each with its pointer inside the body."""
    if method != "predict":
        yield from _results(method, body, request.get("examples"))
    elif "instances" in request:
        if "predictions" not in body:
            yield (), "the answer to `instances` has `predictions`"
            return
        rows, asked = body["predictions"], request["instances"]
        yield from _rows(rows, signature["outputs"], ("predictions",), "output")
        if isinstance(rows, list) and isinstance(asked, list) and len(rows) != len(asked):
            yield ("predictions",), f"{len(rows)} predictions answer {len(asked)} instances"
    elif "outputs" not in body:
        yield (), "the answer to `inputs` has `outputs`"
    else:
        yield from _columns(body["outputs"], signature["outputs"], ("outputs",), "output")


def _rows(
    rows: Any, tensors: Mapping[str, Tensor], at: tuple[str | int, ...], what: str
) -> Iterator[Fault]:
    if not isinstance(rows, list) or not rows:
        yield at, f"`{at[-1]}` must be a list with at least one row"
        return
    flat = [name for name, tensor in tensors.items() if not tensor["shape"]]
    if flat:
        yield at, f"{listed(flat)} has no batch dimension; use the column format"
        return
    inner = {name: {**tensor, "shape": tensor["shape"][1:]} for name, tensor in tensors.items()}
    for index, row in enumerate(rows):
        yield from _named(row, inner, (*at, index), what)


def _columns(
    value: Any, tensors: Mapping[str, Tensor], at: tuple[str | int, ...], what: str
) -> Iterator[Fault]:
    yield from _named(value, tensors, at, what)


def _named(
    value: Any, tensors: Mapping[str, Tensor], at: tuple[str | int, ...], what: str
) -> Iterator[Fault]:
    """A value for each tensor by name; or, where there is one tensor only, its bare value."""
    if not isinstance(value, dict) or set(value) == {"b64"}:
        if len(tensors) != 1:
            yield at, f"a value for each of {listed(sorted(tensors))} is due, by name"
            return
        ((_, tensor),) = tensors.items()
        yield from _value(value, tensor, at)
        return
    for name in value:
        if name not in tensors:
            likely = nearest(name, tensors)
            known = f"did you mean `{likely}`?" if likely else f"known: {listed(sorted(tensors))}"
            yield (*at, name), f"the signature has no {what} {shown(name)}; {known}"
    for name, tensor in tensors.items():
        if name not in value:
            yield at, f"the {what} {shown(name)} is missing"
        else:
            yield from _value(value[name], tensor, (*at, name))


def _value(value: Any, tensor: Tensor, at: tuple[str | int, ...]) -> Iterator[Fault]:
    shape = tuple(tensor["shape"])
    sizes: list[int | None] = [None] * len(shape)
    fault = _walk(value, shape, sizes, tensor["dtype"], 0)
    if fault:
        yield at, fault


def _walk(value: Any, shape: Sequence[int], sizes: list[int | None], dtype: str, depth: int) -> str:
    """The first thing that is wrong in a tensor's value; empty when it is as it should be."""
    if depth == len(shape):
        return _scalar(value, dtype)
    if not isinstance(value, list):
        return f"{_dimensions(shape)} asks for {len(shape)} nested lists; here are {depth}"
    due = shape[depth]
    if due >= 0 and len(value) != due:
        return f"dimension {depth} has {_entries(len(value))}; {_dimensions(shape)} asks for {due}"
    if sizes[depth] not in {None, len(value)}:
        return f"rows of {sizes[depth]} and {_entries(len(value))} stand in one tensor"
    sizes[depth] = len(value)
    for item in value:
        fault = _walk(item, shape, sizes, dtype, depth + 1)
        if fault:
            return fault
    return ""


def _entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number} entries"


def _dimensions(shape: Sequence[int]) -> str:
    return f"the shape [{', '.join('any' if size < 0 else str(size) for size in shape)}]"


def _scalar(value: Any, dtype: str) -> str:
    if isinstance(value, list):
        return "more nested lists than the shape has dimensions"
    if dtype == "string":
        return _string(value)
    if isinstance(value, dict | str) or value is None:
        return f"{shown(value)} stands where {dtype} is due"
    if dtype == "bool" or isinstance(value, bool):
        return "" if dtype == "bool" and isinstance(value, bool) else _wrong(value, dtype)
    if dtype in _INTEGERS:
        low, high = _INTEGERS[dtype]
        fits = isinstance(value, int) and low <= value <= high
        return "" if fits else _wrong(value, dtype)
    return "" if isinstance(value, int | float) else _wrong(value, dtype)


def _wrong(value: Any, dtype: str) -> str:
    return f"{shown(value)} is no {dtype}"


def _string(value: Any) -> str:
    if isinstance(value, str):
        return ""
    if isinstance(value, dict) and set(value) == {"b64"} and isinstance(value["b64"], str):
        return _base64(value["b64"])
    return f'{shown(value)} is neither text nor {{"b64": …}}'


def _base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        return f"{shown(text)} is not base64: {error}"
    return ""


def _examples(body: Mapping[str, Any]) -> Iterator[Fault]:
    examples = body.get("examples")
    if not isinstance(examples, list) or not examples:
        yield (), "classify and regress requests have `examples`, a list of mappings"
        return
    yield from _example(body.get("context", {}), ("context",))
    for index, example in enumerate(examples):
        yield from _example(example, ("examples", index))


def _example(example: Any, at: tuple[str | int, ...]) -> Iterator[Fault]:
    if not isinstance(example, dict):
        yield at, "an example is a mapping from features to values"
        return
    for name, value in example.items():
        fault = _feature(value)
        if fault:
            yield (*at, name), fault


def _feature(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    kinds = set()
    for item in values:
        if isinstance(item, dict):
            fault = _string(item)
            if fault:
                return fault
            kinds.add("bytes")
        elif isinstance(item, list) or item is None:
            return "a feature is a number, a text, or a list of one kind of them"
        else:
            kinds.add("number" if isinstance(item, int | float) else "bytes")
    return "a feature holds numbers or texts, not both" if len(kinds) > 1 else ""


def _results(method: str, body: Mapping[str, Any], examples: Any) -> Iterator[Fault]:
    results = body.get("results")
    if not isinstance(results, list):
        yield (), f"the answer to {method} has `results`, a list"
        return
    if isinstance(examples, list) and len(results) != len(examples):
        yield ("results",), f"{len(results)} results answer {len(examples)} examples"
    for index, result in enumerate(results):
        if method == "regress":
            if isinstance(result, bool) or not isinstance(result, int | float):
                yield ("results", index), f"{shown(result)} is not a number"
        elif not isinstance(result, list) or not all(_is_label(pair) for pair in result):
            yield ("results", index), "a result of classify is a list of [label, score] pairs"


def _is_label(pair: Any) -> bool:
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and isinstance(pair[0], str)
        and isinstance(pair[1], int | float)
    )
