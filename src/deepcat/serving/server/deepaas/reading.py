"""The arguments of predict out of a request, with webargs' own words for what is wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepcat.serving.contract import jsontext
from deepcat.serving.contract.dtypes import Array, DType, numpy_type
from deepcat.serving.contract.status import ServingError
from deepcat.serving.server.deepaas.arguments import (
    ANY,
    SIGNATURE,
    Argument,
    Offered,
    Predict,
)
from deepcat.serving.server.deepaas.uploads import Fields, content_type, form, query
from deepcat.serving.server.faces import Request
from deepcat.serving.server.numbers import numbers

# An argument's name -> what is wrong with it, or with the elements of its list.
Faults = dict[str, Any]
_TRUE = frozenset(("1", "t", "true", "y", "yes", "on"))
_FALSE = frozenset(("0", "f", "false", "n", "no", "off"))
_INT_RANGES = {
    name: (np.iinfo(name).min, np.iinfo(name).max)
    for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
}
_MISSING = "Missing data for required field."
_NULL = "Field may not be null."
_DEEPEST = 64
_MOST_FAULTS = 100  # of one argument, or few more


class ArgumentError(ValueError):
    """Arguments are wrong."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(str(faults))
        self.faults = faults


class JSONError(ValueError):
    """The body says that it is JSON, and is not."""


def read(request: Request, offer: Offered) -> tuple[Predict, dict[str, Array], str]:
    """What is run, its inputs by alias, and the media type that is wanted; empty for JSON alone.

    Raises:
        ArgumentError: arguments are missing or wrong.
        FormError: the form is broken.
        JSONError: the JSON is broken.
    """
    asked, sent = query(request.query), form(request.headers, request.body)
    document = _document(request)
    faults: Faults = {}
    predict = _chosen(offer, asked, sent, document, faults)
    own = {each.name: each for each in predict.arguments} if predict else {}
    arrays: dict[str, Array] = {}
    for argument in (own.get(each.name, each) for each in offer.arguments):
        try:
            array = _array(argument, asked, sent, document)
        except _WrongError as error:
            faults[argument.name] = error.what
            continue
        if argument.name not in own:
            continue
        if array is None and argument.required:
            faults[argument.name] = [_MISSING]
        elif array is not None:
            arrays[argument.name] = array
    accept = _accept(request, offer, faults)
    if predict is None or faults:
        raise ArgumentError(faults)
    return predict, arrays, accept


def _chosen(
    offer: Offered, asked: Fields, sent: Fields, document: Mapping[str, Any], faults: Faults
) -> Predict | None:
    """What is run; None where a request names what is not offered, which is noted."""
    if not offer.names:
        return offer.first
    given = next((fields[SIGNATURE][0] for fields in (asked, sent) if SIGNATURE in fields), None)
    name = document.get(SIGNATURE, next(iter(offer.names)))
    if given is not None:
        name = given.decode("utf-8", "replace")
    if name is None:
        faults[SIGNATURE] = [_NULL]
    elif not isinstance(name, str):
        faults[SIGNATURE] = ["Not a valid string."]
    elif name not in offer.names:
        faults[SIGNATURE] = [f"Must be one of: {', '.join(offer.names)}."]
    else:
        return offer.predicts[name]
    return None


def _accept(request: Request, offer: Offered, faults: Faults) -> str:
    if not offer.accepts:
        return ""
    first = offer.accepts[0].encode()
    given = next((value for name, value in request.headers if name == b"accept"), first)
    accept = given.decode("latin-1")
    if accept not in (*offer.accepts, ANY):
        faults["accept"] = [f"Must be one of: {', '.join(offer.accepts)}."]
    return accept


class _WrongError(Exception):
    """What is wrong with a value, and how many faults that tells."""

    def __init__(self, what: Any, count: int = 1) -> None:
        self.count = count
        super().__init__()
        self.what = what


def _document(request: Request) -> Mapping[str, Any]:
    kind = content_type(request.headers)[0]
    is_json = kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
    if not is_json or not request.body:
        return {}
    try:
        found = jsontext.parse(request.body)
    except ServingError as error:
        raise JSONError(error.message) from error
    return found if isinstance(found, dict) else {}


def _array(
    argument: Argument, asked: Fields, sent: Fields, document: Mapping[str, Any]
) -> Array | None:
    name = argument.name
    if argument.kind == "file":
        if name not in sent:
            return None
        return _shaped(_texts([sent[name][0]]), argument)
    for fields in (asked, sent):
        if name in fields:
            values = [each.decode("utf-8", "replace") for each in fields[name]]
            return _of_text(argument, values)
    if name not in document:
        return None
    value = document[name]
    if value is None:
        raise _WrongError([_NULL])
    if argument.depth and not isinstance(value, list):
        value = [value]
    return _of_json(argument, value)


def _of_text(argument: Argument, values: Sequence[str]) -> Array:
    """A list is given by repeating the argument, or by JSON."""
    if argument.depth == 0:
        return _of_json(argument, values[0])
    listed: list[Any] = [_list(value) for value in values]
    if len(listed) == 1 and isinstance(listed[0], list):
        return _of_json(argument, listed[0])
    return _of_json(argument, listed)


def _list(text: str) -> Any:
    if not text.lstrip().startswith("["):
        return text
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, list) else text


def _of_json(argument: Argument, value: Any) -> Array:
    dtype = argument.tensor.dtype
    deepest = _DEEPEST if argument.depth is None else argument.depth
    if argument.kind in ("number", "integer"):
        quick = numbers(value, dtype)
        if quick is not None and quick.ndim <= deepest and _is_finite(quick):
            return _shaped(quick, argument)
    shape: list[int] = []
    inner = value
    # What lies deeper is no element, which is told of it by its place.
    while isinstance(inner, list) and len(shape) < deepest:
        shape.append(len(inner))
        inner = inner[0] if inner else None
    flat: list[Any] = []
    _gather(value, shape, argument, flat)
    if argument.kind == "string":
        return _shaped(_texts(flat).reshape(shape), argument)
    with np.errstate(over="ignore"):
        return _shaped(np.array(flat, dtype=numpy_type(dtype)).reshape(shape), argument)


def _is_finite(array: Array) -> bool:
    return array.dtype.kind in "iu" or bool(np.isfinite(array.astype(np.float64)).all())


def _gather(value: Any, shape: Sequence[int], argument: Argument, flat: list[Any]) -> None:
    """Take the elements out of lists, and tell of each that is wrong by its place."""
    if not shape:
        flat.append(_element(value, argument))
        return
    if not isinstance(value, list):
        raise _WrongError(["Not a valid list."])
    if len(value) != shape[0]:
        raise _WrongError([f"Length must be {shape[0]}."])
    faults: Faults = {}
    told = 0
    for index, each in enumerate(value):
        try:
            _gather(each, shape[1:], argument, flat)
        except _WrongError as error:
            faults[str(index)] = error.what
            told += error.count
            if told >= _MOST_FAULTS:
                break
    if faults:
        raise _WrongError(faults, told)


def _element(value: Any, argument: Argument) -> Any:
    if value is None:
        raise _WrongError([_NULL])
    if argument.kind == "string":
        if not isinstance(value, str):
            raise _WrongError(["Not a valid string."])
        return value.encode("utf-8", "surrogateescape")
    if argument.kind == "boolean":
        return _boolean(value)
    if argument.kind == "integer":
        return _integer(value, argument.tensor.dtype)
    return _number(value)


def _boolean(value: Any) -> bool:
    text = value.strip().lower() if isinstance(value, str) else str(value).lower()
    if isinstance(value, list | dict) or text not in _TRUE | _FALSE:
        raise _WrongError(["Not a valid boolean."])
    return text in _TRUE


def _integer(value: Any, dtype: DType) -> int:
    try:
        if isinstance(value, bool | list | dict):
            raise TypeError
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise _WrongError(["Not a valid integer."]) from None
    least, most = _INT_RANGES[numpy_type(dtype).name]
    if not least <= number <= most:
        words = f"Must be greater than or equal to {least} and less than or equal to {most}."
        raise _WrongError([words])
    return number


def _number(value: Any) -> float:
    try:
        if isinstance(value, bool | list | dict):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError):
        raise _WrongError(["Not a valid number."]) from None
    except OverflowError:
        raise _WrongError(["Number too large."]) from None
    if not math.isfinite(number):
        raise _WrongError(["Special numeric values (nan or infinity) are not permitted."])
    return number


def _texts(values: Sequence[Any]) -> Array:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _shaped(array: Array, argument: Argument) -> Array:
    """The array in the input's shape, which clients that know only flat lists cannot write."""
    wanted = argument.tensor.shape
    if wanted is None or _fits(array.shape, wanted):
        return array
    if _fits((1, *array.shape), wanted):
        return array[np.newaxis]
    known = math.prod(size for size in wanted if size >= 0)
    if argument.kind == "file" or array.ndim == 1 < len(wanted):
        full = [size if size >= 0 else 1 for size in wanted]
        if -1 in wanted and known and wanted.count(-1) == 1:
            full[wanted.index(-1)] = array.size // known
        if math.prod(full) == array.size:
            return array.reshape(full)
    raise _WrongError([f"Not of shape {list(wanted)}."])


def _fits(shape: Sequence[int], wanted: Sequence[int]) -> bool:
    return len(shape) == len(wanted) and all(
        want in (-1, size) for size, want in zip(shape, wanted, strict=True)
    )
