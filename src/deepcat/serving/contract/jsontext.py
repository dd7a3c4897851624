"""Read and show JSON as TensorFlow Serving does: NaN and Infinity allowed, any depth, its words.

Quick parsers do the work; what they refuse, or what they would read otherwise than TensorFlow
Serving does, is read again with more care: text after the value is let alone, the first of two
equal names counts, and each error is told in its words.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import simdjson

from deepcat.serving.contract import jsonpieces
from deepcat.serving.contract.jsonscan import scan
from deepcat.serving.contract.jsonwords import as_python_reads, has_words, outside_strings
from deepcat.serving.contract.status import invalid

_SHOWN = 1024
_UINT64 = 2**64
_WRITER = json.JSONEncoder(ensure_ascii=False)
_MARK = b"\xef\xbb\xbf"


class Repeated(dict[str, Any]):
    """An object with a name that occurs twice: the first one counts.

    Attributes:
        last: the same object, the last ones counting.
    """

    last: dict[str, Any]


def parse(body: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ServingError: INVALID_ARGUMENT, with the kind of mistake and its offset.
    """
    if not has_words(body):
        document = read_strictly(body)
        if document is not None and not _repeats(body, document):
            return document
    return read_carefully(body)


def parse_object(body: bytes) -> dict[str, Any]:
    """The value of a JSON text that must be an object.

    Raises:
        ServingError: INVALID_ARGUMENT.
    """
    value = parse(body)
    if not isinstance(value, dict):
        raise invalid(f"JSON Value: {show(value)} Is not object")
    return value


def read_strictly(body: bytes) -> Any:
    """The value of a text that is JSON by the book; None for any other, and for ``null``."""
    try:
        # The one knows what is too big for a double, the other builds quicker.
        simdjson.Parser().parse(body)
        return jsonpieces.loads(body)
    except (ValueError, RuntimeError):
        return None


def read_carefully(body: bytes) -> Any:
    """The value with which a text begins, as TensorFlow Serving reads it.

    Raises:
        ServingError: INVALID_ARGUMENT, with the kind of mistake and its offset.
    """
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    body = body.removeprefix(_MARK)
    end, deep = scan(body)
    text = as_python_reads(_without(body[:end], deep)).decode("utf-8", "surrogateescape")
    return json.loads(text, object_pairs_hook=_object, parse_int=_integer)


def show(value: Any) -> str:
    """The value as JSON for a message, shortened when it is long.

    No more of it is written than is shown: it may be as large as a body.
    """
    text = ""
    try:
        for part in _WRITER.iterencode(value):
            text += part
            if len(text) > _SHOWN:
                return f"{text[:_SHOWN]}…"
    except (RecursionError, ValueError):
        return "[…]" if isinstance(value, list) else "{…}"
    return text


def kind(value: Any) -> str:
    """The JSON type as messages spell it."""
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, str):
        return "String"
    if isinstance(value, list):
        return "Array"
    return "Object" if isinstance(value, dict) else "Number"


def _repeats(body: bytes, document: Any) -> bool:
    """Whether a name may occur twice in one object: fewer members were built than are written.

    Of what is too deep to be counted nobody knows.
    """
    try:
        members = _members(document)
    except RecursionError:
        return True
    if members == body.count(b":"):
        return False
    written = 0

    def count(part: bytes) -> bytes:
        nonlocal written
        written += part.count(b":")
        return part

    outside_strings(body, count)
    return members != written


def _members(value: Any) -> int:
    """How many members all objects of a value have."""
    if isinstance(value, dict):
        return len(value) + sum(_members(v) for v in value.values() if type(v) in (dict, list))
    if isinstance(value, list):
        return sum(_members(v) for v in value if type(v) in (dict, list))
    return 0


def _without(body: bytes, spans: Sequence[tuple[int, int]]) -> bytes:
    """The text with empty lists in place of what lies too deep."""
    parts = []
    at = 0
    for begin, end in spans:
        parts += [body[at:begin], b"[]"]
        at = end
    return b"".join([*parts, body[at:]])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeated = Repeated(reversed(pairs))
    repeated.last = found
    return repeated


def _integer(text: str) -> int | float:
    """As TensorFlow Serving, an integer that no 64 bits hold is a decimal."""
    if len(text) > 20:
        return float(text)
    number = int(text)
    return number if -(_UINT64 // 2) <= number < _UINT64 else float(number)
