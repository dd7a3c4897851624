"""Arrays and results to REST response bodies, digit by digit as TensorFlow Serving writes them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import orjson

from deepcat.serving import dtypes
from deepcat.serving.decode import Format
from deepcat.serving.engine import Array
from deepcat.serving.status import ServingError, invalid

_DIGITS = {"float": 9, "double": 17, "half": 9, "bfloat16": 9}
_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def predict_response(tensors: Mapping[str, Array], form: Format) -> bytes:
    """The body of a ``:predict`` response.

    Raises:
        ServingError: INVALID_ARGUMENT, such as for outputs of unequal batch size in row format.
    """
    if not tensors:
        raise invalid("Cannot convert empty tensor map to JSON")
    ordered = sorted(tensors.items())
    if form == "columnar":
        if len(ordered) == 1:
            return _object("outputs", _nested(_texts(*ordered[0]), ordered[0][1].shape))
        parts = (f"{_quote(n)}: {_nested(_texts(n, a), a.shape)}" for n, a in ordered)
        return _object("outputs", "{" + ", ".join(parts) + "}")
    return _object("predictions", _row_text(ordered))


def classify_response(results: Iterable[Iterable[tuple[str, float]]]) -> bytes:
    """The body of a ``:classify`` response; each result is (label, score) pairs.

    Raises:
        ServingError: there is no result.
    """
    rows = [
        "[" + ", ".join(f"[{_quote(label)}, {decimal(score, 9)}]" for label, score in row) + "]"
        for row in results
    ]
    if not rows:
        raise invalid("Cannot convert empty ClassificationResults to JSON")
    return _object("results", "[" + ", ".join(rows) + "]")


def regress_response(values: Iterable[float]) -> bytes:
    """The body of a ``:regress`` response.

    Raises:
        ServingError: there is no value.
    """
    texts = [decimal(value, 9) for value in values]
    if not texts:
        raise invalid("Cannot convert empty RegressionResults to JSON")
    return _object("results", "[" + ", ".join(texts) + "]")


def error_body(message: str) -> bytes:
    """The body of an error."""
    return _object("error", _quote(message))


def decimal(value: float, digits: int) -> str:
    """A number with six digits if that gives it back, else with `digits` (9 float, 17 double)."""
    wanted = np.float32(value) if digits == 9 else np.float64(value)
    short = f"{wanted:.6g}"
    back = np.float32(short) if digits == 9 else np.float64(short)
    return _pointed(short if back == wanted or wanted != wanted else f"{wanted:.{digits}g}")  # noqa: PLR0124 - NaN


def _pointed(text: str) -> str:
    """The text of a number so that a reader knows it for a decimal."""
    if text[-1] in "fn":
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(text, "NaN")
    return text if "." in text or "e" in text else text + ".0"


def _row_text(ordered: list[tuple[str, Array]]) -> str:
    batch = -1
    for name, array in ordered:
        if not array.ndim:
            raise invalid(f"Tensor name: {name} has no shape information ")
        if batch not in (-1, len(array)):
            raise invalid(
                f"Tensor name: {name} has inconsistent batch size: {len(array)} expecting: {batch}"
            )
        batch = len(array)
    columns = [_rows(_texts(name, array), array.shape) for name, array in ordered]
    if len(columns) == 1:
        return "[" + ", ".join(columns[0]) + "]"
    keys = [_quote(name) for name, _ in ordered]
    rows = (
        "{" + ", ".join(f"{key}: {text}" for key, text in zip(keys, row, strict=True)) + "}"
        for row in zip(*columns, strict=True)
    )
    return "[" + ", ".join(rows) + "]"


def _rows(texts: list[str], shape: tuple[int, ...]) -> list[str]:
    """The texts put together into one JSON text for each row."""
    for axis in range(len(shape) - 1, 0, -1):
        size = shape[axis]
        count = int(np.prod(shape[:axis]))
        texts = ["[" + ", ".join(texts[i * size : (i + 1) * size]) + "]" for i in range(count)]
    return texts


def _nested(texts: list[str], shape: tuple[int, ...]) -> str:
    rows = _rows(texts, shape)
    return "[" + ", ".join(rows) + "]" if shape else rows[0]


def _texts(name: str, array: Array) -> list[str]:
    """Each value as JSON text, in row-major order."""
    dtype = dtypes.of_array(array)
    if dtype.name in _DIGITS:
        return _decimals(array, _DIGITS[dtype.name])
    if dtype.name in _INTEGERS:
        return list(map(str, array.ravel().tolist()))
    if dtype.name == "bool":
        return ["true" if value else "false" for value in array.ravel().tolist()]
    if dtype.name == "string":
        if name.endswith("_bytes"):
            return [f'{{"b64": "{base64.b64encode(v).decode()}"}}' for v in array.ravel().tolist()]
        return [_quote(v) for v in array.ravel().tolist()]
    raise invalid(f"Failed to write JSON value for tensor type: {dtype.name}")


def _decimals(array: Array, digits: int) -> list[str]:
    """As `decimal`, for many at once."""
    exact = array.ravel().astype(np.float64)
    values = exact.tolist()
    if len(values) < 8:
        return [decimal(value, digits) for value in values]
    texts = (f"%.{digits}g\n" * len(values) % tuple(values)).split("\n")[:-1]
    kind = np.float32 if digits == 9 else np.float64
    for index in _short_candidates(exact):
        short = f"{values[index]:.6g}"
        if kind(short) == exact[index]:
            texts[index] = short
    return [t if "." in t or "e-" in t else _pointed(t) for t in texts]


def _short_candidates(exact: np.ndarray[Any, np.dtype[np.float64]]) -> list[int]:
    """Where six digits may do: the value lies within a float's reach of such a number."""
    with np.errstate(all="ignore"):
        power = 5 - np.floor(np.log10(np.abs(exact)))
        scaled = exact * 10.0**power
        near = np.abs(scaled - np.rint(scaled)) <= 0.1
    near |= (exact == 0) | ~np.isfinite(scaled)
    near &= np.isfinite(exact)
    return [int(index) for index in np.flatnonzero(near)]


def _quote(text: str | bytes) -> str:
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    try:
        return orjson.dumps(text).decode()
    except orjson.JSONEncodeError:
        return orjson.dumps(text.encode("utf-8", "replace").decode()).decode()


def _object(key: str, text: str) -> bytes:
    return f'{{\n    "{key}": {text}\n}}'.encode()


def as_error(error: ServingError) -> bytes:
    """The body for an error that was raised."""
    return error_body(error.message)
