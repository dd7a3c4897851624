"""Arrays and results to REST response bodies, as TensorFlow Serving writes them."""

from __future__ import annotations

import array as flat
import base64
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import orjson

from deepcat.serving.contract import dtypes
from deepcat.serving.contract.decode import Format
from deepcat.serving.contract.dtypes import Array
from deepcat.serving.contract.status import invalid

_DIGITS = {"float": 9, "double": 17, "half": 9, "bfloat16": 9}
_WORDS = {math.inf: b"Infinity", -math.inf: b"-Infinity"}
_MANY = 512
# Numbers, or lists of none, that are written at once.
_AT_ONCE = 2**16
_FEW = 32
# By NumPy's own numbers: to ask a type for its name takes longer than to write a few numbers.
_NATIVE = frozenset(
    np.dtype(name).num
    for name in (
        "bool", "int8", "int16", "int32", "int64", "longlong", "uint8", "uint16", "uint32",
        "uint64", "ulonglong", "float16", "float32", "float64",
    )
)  # fmt: skip
_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def predict_response(tensors: Mapping[str, Array], form: Format) -> bytes:
    """The body of a ``:predict`` response.

    Raises:
        ServingError: INVALID_ARGUMENT, such as for outputs of unequal batch size in row format.
    """
    if not tensors:
        raise invalid("Cannot convert empty tensor map to JSON")
    ordered = sorted(tensors.items())
    if form == "row":
        return _object("predictions", _row_text(ordered))
    if len(ordered) == 1:
        return _object("outputs", _tensor(*ordered[0]))
    parts = (_quote(name) + b": " + _tensor(name, array) for name, array in ordered)
    return _object("outputs", b"{" + b", ".join(parts) + b"}")


def classify_response(results: Iterable[Iterable[tuple[str, float]]]) -> bytes:
    """The body of a ``:classify`` response; each result is (label, score) pairs.

    Raises:
        ServingError: there is no result.
    """
    rows = [
        b"[" + b", ".join(_pair(label, score) for label, score in row) + b"]" for row in results
    ]
    if not rows:
        raise invalid("Cannot convert empty ClassificationResults to JSON")
    return _object("results", _list(rows))


def regress_response(values: Iterable[float]) -> bytes:
    """The body of a ``:regress`` response.

    Raises:
        ServingError: there is no value.
    """
    texts = [decimal(value, 9) for value in values]
    if not texts:
        raise invalid("Cannot convert empty RegressionResults to JSON")
    return _object("results", _list([text.encode() for text in texts]))


def tensor_text(name: str, array: Array) -> bytes:
    """A tensor as one JSON value, for protocols that put it elsewhere.

    Raises:
        ServingError: INVALID_ARGUMENT; no JSON is written for its type.
    """
    return _tensor(name, array)


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
        return _WORDS.get(float(text), b"NaN").decode()
    return text if "." in text or "e" in text else text + ".0"


def _pair(label: str, score: float) -> bytes:
    return b"[" + _quote(label) + b", " + decimal(score, 9).encode() + b"]"


def _row_text(ordered: list[tuple[str, Array]]) -> bytes:
    batch = -1
    for name, array in ordered:
        if not array.ndim:
            raise invalid(f"Tensor name: {name} has no shape information ")
        if batch not in (-1, len(array)):
            raise invalid(
                f"Tensor name: {name} has inconsistent batch size: {len(array)} expecting: {batch}"
            )
        batch = len(array)
    if len(ordered) == 1:
        return _tensor(*ordered[0])
    keys = [_quote(name) + b": " for name, _ in ordered]
    columns = [_rows(name, array) for name, array in ordered]
    rows = (
        b"{" + b", ".join(key + text for key, text in zip(keys, row, strict=True)) + b"}"
        for row in zip(*columns, strict=True)
    )
    return _list(rows)


def _tensor(name: str, array: Array) -> bytes:
    """A tensor as one JSON value."""
    plain = _plain(array)
    if plain is not None:
        return _plain_text(plain)
    rows = _joined(_texts(name, array), array.shape)
    return _list(rows) if array.ndim else rows[0]


def _rows(name: str, array: Array) -> list[bytes]:
    """A tensor as one JSON value for each row."""
    plain = _plain(array)
    if plain is None:
        return _joined(_texts(name, array), array.shape)
    if plain.ndim == 1:
        return _plain_text(plain)[1:-1].split(b",")
    return [_plain_text(row) for row in plain]


def _plain(array: Array) -> Array | None:
    """The array when orjson writes it as TensorFlow Serving would, else None.

    Decimals count as such only when they are many: orjson then writes the fewest digits that give
    the same number back, where TensorFlow Serving may write up to two more.
    """
    kind = array.dtype
    if not array.ndim or kind.num not in _NATIVE:
        return None
    if kind.kind == "f" and max(array.size, len(array)) < _MANY:
        return None
    return array if array.flags.c_contiguous else array.copy()


def _plain_text(array: Array) -> bytes:
    """The JSON text of what `_plain` gave; in pieces, between which others have their turn."""
    size = max(array.size, len(array))
    if size > _AT_ONCE and len(array) > 1:
        step = max(1, len(array) * _AT_ONCE // size)
        starts = range(0, len(array), step)
        return b"[" + b",".join(_plain_text(array[at : at + step])[1:-1] for at in starts) + b"]"
    text = orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY)
    if array.dtype.kind != "f" or b"null" not in text:
        return text
    # So orjson writes what is no finite number.
    words = array[~np.isfinite(array)].tolist()
    parts = text.split(b"null")
    found = [parts[0]]
    for value, part in zip(words, parts[1:], strict=True):
        found += [_WORDS.get(value, b"NaN"), part]
    return b"".join(found)


def _joined(texts: list[str], shape: tuple[int, ...]) -> list[bytes]:
    """The texts of single values put together into one JSON text for each row."""
    for axis in range(len(shape) - 1, 0, -1):
        size = shape[axis]
        count = math.prod(shape[:axis])
        texts = ["[" + ", ".join(texts[i * size : (i + 1) * size]) + "]" for i in range(count)]
    return [text.encode() for text in texts]


def _texts(name: str, array: Array) -> list[str]:
    """Each value as JSON text, in row-major order."""
    dtype = dtypes.of_array(array)
    values = array.ravel()
    if dtype.name in _DIGITS:
        return _decimals(values, _DIGITS[dtype.name])
    if dtype.name in _INTEGERS:
        return list(map(str, values.tolist()))
    if dtype.name == "bool":
        return ["true" if value else "false" for value in values.tolist()]
    if dtype.name == "string":
        if name.endswith("_bytes"):
            return [_base64(v) for v in values.tolist()]
        return [_string(v) for v in values.tolist()]
    raise invalid(f"Failed to write JSON value for tensor type: {dtype.name}")


def _base64(value: bytes) -> str:
    return f'{{"b64": "{base64.b64encode(value).decode()}"}}'


def _string(value: bytes) -> str:
    """A string; one whose bytes are no text is given so that none of them is lost."""
    try:
        return orjson.dumps(value.decode()).decode()
    except UnicodeDecodeError:
        return _base64(value)


def _decimals(values: Array, digits: int) -> list[str]:
    """As `decimal`, for many at once."""
    if len(values) < _FEW:
        return _few_decimals(values.tolist(), digits)
    exact = values.astype(np.float64)
    listed = exact.tolist()
    texts = (f"%.{digits}g\n" * len(listed) % tuple(listed)).split("\n")[:-1]
    kind = np.float32 if digits == 9 else np.float64
    for index in _short_candidates(exact, np.finfo(kind)):
        short = f"{listed[index]:.6g}"
        if kind(short) == exact[index]:
            texts[index] = short
        texts[index] = _pointed(texts[index])
    return texts


def _few_decimals(values: list[float], digits: int) -> list[str]:
    """As `decimal`, for so few that arrays would cost more than they save."""
    short = ("%.6g " * len(values) % tuple(values)).split()
    back = flat.array("f" if digits == 9 else "d", map(float, short)).tolist()
    if back != values:
        long = (f"%.{digits}g " * len(values) % tuple(values)).split()
        for index, value in enumerate(values):
            if back[index] != value and value == value:  # noqa: PLR0124 - NaN
                short[index] = long[index]
    return [text if "." in text else _pointed(text) for text in short]


def _short_candidates(exact: np.ndarray[Any, np.dtype[np.float64]], kind: Any) -> list[int]:
    """Where six digits may do, or a point may lack: near such a number, whole, or infinite."""
    with np.errstate(all="ignore"):
        power = 5 - np.floor(np.log10(np.abs(exact)))
        scaled = np.abs(exact) * 10.0**power
        near = np.abs(scaled - np.rint(scaled)) <= float(kind.eps) * scaled + 1e-8
    near |= ~np.isfinite(scaled) | (exact == np.rint(exact)) | (np.abs(exact) < float(kind.tiny))
    return [int(index) for index in np.flatnonzero(near)]


def _quote(text: str | bytes) -> bytes:
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    try:
        return orjson.dumps(text)
    except orjson.JSONEncodeError:
        return orjson.dumps(text.encode("utf-8", "replace").decode())


def _list(texts: Iterable[bytes]) -> bytes:
    return b"[" + b", ".join(texts) + b"]"


def _object(key: str, text: bytes) -> bytes:
    return b'{\n    "' + key.encode() + b'": ' + text + b"\n}"
