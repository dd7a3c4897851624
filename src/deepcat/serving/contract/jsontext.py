"""Read and show JSON as TensorFlow Serving does: NaN and Infinity allowed, any depth, its words.

Quick parsers do the work; what they refuse is read again, slowly, by `_Reader`, which accepts what
they cannot and words each error as TensorFlow Serving does.
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from deepcat.serving.contract.status import ServingError, invalid

_SHOWN = 1024
# Bytes that the slow reader takes on; more would keep the server from its other requests.
_MOST_SLOWLY = 4 * 2**20
_SPACE = re.compile(rb"[ \t\n\r]*")
_NUMBER = re.compile(rb"-?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][+-]?[0-9]*)?")
_TEXT = re.compile(rb'[^"\\\x00-\x1f]*')
_WORDS = {
    b"Infinity": float("inf"), b"-Infinity": float("-inf"), b"Inf": float("inf"),
    b"-Inf": float("-inf"), b"NaN": float("nan"), b"true": True, b"false": False, b"null": None,
}  # fmt: skip
_ESCAPES = {
    0x22: '"', 0x5C: "\\", 0x2F: "/", 0x62: "\b", 0x66: "\f", 0x6E: "\n", 0x72: "\r", 0x74: "\t"
}  # fmt: skip


def parse(body: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ServingError: INVALID_ARGUMENT, with the kind of mistake and its offset.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        if len(body) > _MOST_SLOWLY:
            at = error.pos if isinstance(error, json.JSONDecodeError) else 0
            raise invalid(f"JSON Parse error: Invalid value. at offset: {at}") from error
        return _Reader(body).document()


def parse_object(body: bytes) -> dict[str, Any]:
    """The value of a JSON text that must be an object.

    Raises:
        ServingError: INVALID_ARGUMENT.
    """
    value = parse(body)
    if not isinstance(value, dict):
        raise invalid(f"JSON Value: {show(value)} Is not object")
    return value


def show(value: Any) -> str:
    """The value as JSON for a message, shortened when it is long."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (RecursionError, ValueError):
        text = "[…]" if isinstance(value, list) else "{…}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


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


class _Reader:
    """A JSON reader without recursion."""

    def __init__(self, body: bytes) -> None:
        self._body = body[3:] if body.startswith(b"\xef\xbb\xbf") else body
        self._at = 0

    def document(self) -> Any:
        """The one value of the text."""
        self._skip()
        if self._at >= len(self._body):
            raise self._error("The document is empty.")
        value = self._value()
        self._skip()
        if self._at < len(self._body):
            raise self._error("The document root must not be followed by other values.")
        return value

    def _value(self) -> Any:
        # Each open container, with the name under which its next value goes (for an object).
        open_: list[tuple[list[Any] | dict[str, Any], str]] = []
        while True:
            value, begun = self._begin()
            if begun:
                name = self._name() if isinstance(value, dict) else ""
                open_.append((value, name))
                continue
            while open_:
                container, name = open_.pop()
                if isinstance(container, list):
                    container.append(value)
                else:
                    # As TensorFlow Serving: of two equal names the first one counts.
                    container.setdefault(name, value)
                if self._more(container):
                    name = self._name() if isinstance(container, dict) else ""
                    open_.append((container, name))
                    break
                value = container
            else:
                return value

    def _begin(self) -> tuple[Any, bool]:
        """The next value, or an empty container that has members to come (True)."""
        self._skip()
        first = self._body[self._at : self._at + 1]
        if first in (b"[", b"{"):
            self._at += 1
            self._skip()
            value: Any = [] if first == b"[" else {}
            if self._body[self._at : self._at + 1] == (b"]" if first == b"[" else b"}"):
                self._at += 1
                return value, False
            return value, True
        if first == b'"':
            return self._string(), False
        for word, value in _WORDS.items():
            if self._body.startswith(word, self._at):
                self._at += len(word)
                return value, False
        return self._number(), False

    def _more(self, container: list[Any] | dict[str, Any]) -> bool:
        self._skip()
        sign = self._body[self._at : self._at + 1]
        if sign == b",":
            self._at += 1
            return True
        if sign == (b"]" if isinstance(container, list) else b"}"):
            self._at += 1
            return False
        if isinstance(container, list):
            raise self._error("Missing a comma or ] after an array element.")
        raise self._error("Missing a comma or } after an object member.")

    def _name(self) -> str:
        self._skip()
        if self._body[self._at : self._at + 1] != b'"':
            raise self._error("Missing a name for object member.")
        name = self._string()
        self._skip()
        if self._body[self._at : self._at + 1] != b":":
            raise self._error("Missing a colon after a name of object member.")
        self._at += 1
        return name

    def _number(self) -> int | float:
        match = _NUMBER.match(self._body, self._at)
        if not match:
            raise self._error("Invalid value.")
        self._at = match.end()
        whole, fraction, exponent = match.groups()
        if fraction == b".":
            raise self._error("Miss fraction part in number.")
        if exponent and not exponent[-1:].isdigit():
            raise self._error("Miss exponent in number.")
        if fraction is None and exponent is None and len(whole) <= 20:
            number = int(match.group())
            if -(2**63) <= number < 2**64:
                return number
        value = float(match.group())
        if value in (float("inf"), float("-inf")):
            raise self._error("Number too big to be stored in double.")
        return value

    def _string(self) -> str:
        self._at += 1
        parts: list[str] = []
        while True:
            match = _TEXT.match(self._body, self._at)
            assert match is not None  # noqa: S101 - the pattern matches nothing, too
            parts.append(match.group().decode("utf-8", "surrogateescape"))
            self._at = match.end()
            sign = self._body[self._at] if self._at < len(self._body) else -1
            if sign == 0x22:
                self._at += 1
                return "".join(parts)
            if sign != 0x5C:
                raise self._error("Missing a closing quotation mark in string.")
            parts.append(self._escape())

    def _escape(self) -> str:
        sign = self._body[self._at + 1] if self._at + 1 < len(self._body) else -1
        if sign in _ESCAPES:
            self._at += 2
            return _ESCAPES[sign]
        if sign != 0x75:
            raise self._error("Invalid escape character in string.")
        unit = self._hex()
        if 0xD800 <= unit < 0xDC00 and self._body[self._at : self._at + 2] == b"\\u":
            low = self._hex()
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((unit - 0xD800) << 10) + low - 0xDC00)
            unit = low | 0xD800
        if 0xD800 <= unit < 0xE000:
            raise self._error("The surrogate pair in string is invalid.")
        return chr(unit)

    def _hex(self) -> int:
        digits = self._body[self._at + 2 : self._at + 6]
        if len(digits) != 4 or not re.fullmatch(rb"[0-9a-fA-F]{4}", digits):
            raise self._error("Incorrect hex digit after \\u escape in string.")
        self._at += 6
        return int(digits, 16)

    def _skip(self) -> None:
        match = _SPACE.match(self._body, self._at)
        assert match is not None  # noqa: S101 - the pattern matches nothing, too
        self._at = match.end()

    def _error(self, what: str) -> ServingError:
        return invalid(f"JSON Parse error: {what} at offset: {self._at}")
