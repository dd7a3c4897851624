"""The tensors of a predict body, when they are for certain plain numbers: the quick way.

Whatever is not certain gives None, and is read with care by `decode`.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson
import simdjson

from deepcat.serving.contract import jsonpieces
from deepcat.serving.contract.arrays import finished, limits_of, little_array, quick_array
from deepcat.serving.contract.counting import count
from deepcat.serving.contract.dense import dense_array
from deepcat.serving.contract.dtypes import Array, DType
from deepcat.serving.contract.jsonwords import as_numbers, has_words

_KEYS = ("instances", "inputs")
# Parsers whose memory is there already: to have it anew costs more than a text of some megabytes.
# Few are kept, none that has read a larger one.
_KEPT_TEXT = 2**21
# Of a body of so many bytes, Python's objects cost less than to do without them.
_LITTLE = 2048
_ONE_NAME = 2
_PARSERS: deque[simdjson.Parser] = deque(maxlen=2)
_COLON = re.compile(rb"[ \t\n\r]*:")


class QuickBody(NamedTuple):
    """What a body says: the signature's name, under which key, and the tensors."""

    signature_name: str
    key: str
    tensors: dict[str, Array]


def forget() -> None:
    """Give back the memory of the parsers that are kept."""
    _PARSERS.clear()


def quick_body(body: bytes, inputs_of: Callable[[str], Mapping[str, DType]]) -> QuickBody | None:
    """Read a body whose inputs are all numbers.

    Raises:
        ServingError: from `inputs_of`.
    """
    if len(body) <= _LITTLE and (found := _little(body, inputs_of)) is not None:
        return found
    text, words = as_numbers(body) if has_words(body) else (body, 0)
    kept = len(text) <= _KEPT_TEXT
    try:
        parser = _PARSERS.pop() if kept else simdjson.Parser()
    except IndexError:
        parser = simdjson.Parser()
    try:
        return _read(parser, text, words, inputs_of)
    finally:
        if kept:
            _PARSERS.append(parser)


def _little(body: bytes, inputs_of: Callable[[str], Mapping[str, DType]]) -> QuickBody | None:
    """What a little body says that has the only input's numbers and nothing else."""
    # Two quotation marks are one name, so none is there twice, and no text.
    if body.count(b'"') != _ONE_NAME or has_words(body):
        return None
    try:
        document = orjson.loads(body)
    except ValueError:
        return None
    if type(document) is not dict:
        return None
    ((key, value),) = document.items()
    if key not in _KEYS or type(value) is not list or not value:
        return None
    inputs = inputs_of("")
    if len(inputs) != 1:
        return None
    ((name, dtype),) = inputs.items()
    array = little_array(value, dtype)
    return None if array is None else QuickBody("", key, {name: array})


def _read(
    parser: simdjson.Parser,
    text: bytes,
    words: int,
    inputs_of: Callable[[str], Mapping[str, DType]],
) -> QuickBody | None:
    try:
        root: Any = parser.parse(text)
    except (ValueError, RuntimeError):
        return None
    names = list(root.keys()) if isinstance(root, simdjson.Object) else []
    keys = [name for name in names if name in _KEYS]
    signed = "signature_name" in names
    # What stands for a word is counted in the tensors alone; nothing else may hold one.
    strange = len(set(names)) != len(names) or (words and len(names) != 1 + signed)
    name = root["signature_name"] if signed else ""
    if len(keys) != 1 or strange or not isinstance(name, str):
        return None
    inputs = inputs_of(name)
    if not inputs or any(limits_of(dtype) is None for dtype in inputs.values()):
        return None
    reader = _Reader(text, words, root, 2 * (len(names) + signed), inputs)
    tensors = reader.rows() if keys[0] == "instances" else reader.columns()
    return None if tensors is None else QuickBody(name, keys[0], tensors)


class _Reader:
    def __init__(
        self, text: bytes, words: int, root: Any, quotes: int, inputs: Mapping[str, DType]
    ) -> None:
        self._text = text
        self._words = words
        self._root = root
        # Quotation marks of all but what is being read: more of them are texts or names twice.
        self._quotes = quotes
        self._written = count(text, b'"')
        self._inputs = inputs
        self._plain = b"\\" not in text

    def rows(self) -> dict[str, Array] | None:
        """The tensors of `instances`."""
        value: Any = self._root["instances"]
        if not isinstance(value, simdjson.Array) or not len(value):
            return None
        first: Any = value[0]
        if not isinstance(first, simdjson.Object):
            return self._alone("instances", value)
        rows = jsonpieces.loads(self._text)["instances"]
        wanted = self._inputs.keys()
        if self._written != self._quotes + 2 * len(rows) * len(wanted):
            return None
        if not all(type(row) is dict and row.keys() == wanted for row in rows):
            return None
        return self._built({name: [row[name] for row in rows] for name in wanted})

    def columns(self) -> dict[str, Array] | None:
        """The tensors of `inputs`."""
        value = self._root["inputs"]
        if not isinstance(value, simdjson.Object):
            return self._alone("inputs", value)
        names = list(value.keys())
        if self._written != self._quotes + 2 * len(names) or len(set(names)) != len(names):
            return None
        if not self._inputs.keys() <= set(names) or (
            self._words and len(names) > len(self._inputs)
        ):
            return None
        begin = self._text.find(b'"inputs"')
        found: dict[str, Array] = {}
        for name in self._inputs:
            array = self._dense(name, value[name], begin) if self._plain else None
            if array is None:
                given = jsonpieces.loads(self._text)["inputs"]
                return self._built({name: given[name] for name in self._inputs})
            found[name] = array
        return self._righted(found)

    def _alone(self, key: str, value: Any) -> dict[str, Array] | None:
        """The only input, given without its name."""
        if len(self._inputs) != 1 or self._written != self._quotes:
            return None
        (name,) = self._inputs
        array = self._dense(key, value, 0, name) if self._plain else None
        if array is not None:
            return self._righted({name: array})
        return self._built({name: jsonpieces.loads(self._text)[key]})

    def _dense(self, key: str, value: Any, begin: int, name: str = "") -> Array | None:
        if not isinstance(value, simdjson.Array):
            return None
        quoted = json.dumps(key, ensure_ascii=False).encode()
        at = self._text.find(quoted, begin)
        if at < 0 or _COLON.match(self._text, at + len(quoted)) is None:
            return None
        return dense_array(self._text, at + len(quoted), value, self._inputs[name or key])

    def _built(self, values: Mapping[str, Any]) -> dict[str, Array] | None:
        """Arrays of values that are Python objects already."""
        found: dict[str, Array] = {}
        for name, value in values.items():
            array = quick_array(value, self._inputs[name])
            if array is None:
                return None
            found[name] = array
        return self._righted(found)

    def _righted(self, found: dict[str, Array]) -> dict[str, Array] | None:
        """The arrays in their own types; None when not all words are in one of them."""
        words = 0
        for name, array in found.items():
            found[name], more = finished(array, self._inputs[name], bool(self._words))
            words += more
        return found if words == self._words else None
