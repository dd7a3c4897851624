"""Find where a JSON text ends, or what is wrong with it, in TensorFlow Serving's words; pure.

Nothing is built: what stands open is one byte a level, and runs of brackets or of numbers are each
one step, so that the cost is linear in the text and small for the texts that are made to be dear.
"""

from __future__ import annotations

import re

from deepcat.serving.contract.status import ServingError, invalid

# Containers below this level are left out of what is built: no tensor is so deep.
DEEPEST = 128

_LIST, _OBJECT = 0x5B, 0x7B
_SPACE = re.compile(rb"[ \t\n\r]*+")
_OPENS = re.compile(rb"\[[ \t\n\r\[]*+")
_CLOSES = re.compile(rb"\][ \t\n\r\]]*+")
# Elements that need no look of their own: numbers far from what a double can hold. So many at
# once, for each is remembered until all have matched: Python before 3.11.5 takes no possessive
# group right.
_NUMBERS = re.compile(
    rb"(?:-?(?:0|[1-9][0-9]{0,18}+)(?:\.[0-9]{1,20}+)?(?:[eE][+-]?[0-9]{1,2}+)?"
    rb"[ \t\n\r]*+,[ \t\n\r]*+){1,1000}"
)
_NUMBER = re.compile(rb"-?(0|[1-9][0-9]*+)(\.[0-9]*+)?([eE][+-]?[0-9]*+)?")
_WORD = re.compile(rb"-?(?:NaN|Infinity|Inf(?!i))|true|false|null")
_TEXT = re.compile(rb'[^"\\\x00-\x1f]*+')
_ESCAPE = re.compile(rb'\\(?:["\\/bfnrt]|u([0-9a-fA-F]{4}))')
_LOW = re.compile(rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}")


def scan(body: bytes) -> tuple[int, list[tuple[int, int]]]:
    """Where the first value of a text ends, and what lies deeper than `DEEPEST` levels.

    Raises:
        ServingError: INVALID_ARGUMENT, with the kind of mistake and its offset.
    """
    return _Scan(body).run()


class _Scan:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self._open = bytearray()
        self._deep: list[tuple[int, int]] = []
        self._deep_from = 0

    def run(self) -> tuple[int, list[tuple[int, int]]]:
        """See `scan`."""
        at = self._skip(0)
        if at >= len(self._body):
            raise _error("The document is empty.", at)
        while True:
            at, whole = self._value(at)
            while whole and self._open:
                at, whole = self._after(at)
            if not self._open:
                return at, self._deep

    def _value(self, at: int) -> tuple[int, bool]:
        """Step over a value, or into one; whether it is whole."""
        body, open_ = self._body, self._open
        while open_ and open_[-1] == _LIST and (match := _NUMBERS.match(body, at)):
            at = match.end()
        sign = body[at] if at < len(body) else -1
        if sign == _LIST:
            return self._enter_lists(at)
        if sign == _OBJECT:
            self._enter(at, b"{", at + 1)
            at = self._skip(at + 1)
            if body[at : at + 1] == b"}":
                return self._leave(1, at + 1), True
            return self._name(at), False
        if sign == 0x22:
            return self._string(at), True
        if match := _WORD.match(body, at):
            return match.end(), True
        return self._number(at), True

    def _enter_lists(self, at: int) -> tuple[int, bool]:
        match = _OPENS.match(self._body, at)
        assert match is not None  # noqa: S101 - it begins with a bracket
        self._enter(at, b"[" * match.group().count(b"["), match.end())
        at = match.end()
        if self._body[at : at + 1] == b"]":
            return self._leave(1, at + 1), True
        return at, False

    def _after(self, at: int) -> tuple[int, bool]:
        """Step over what follows a whole value; whether what it stands in is whole then."""
        at = self._skip(at)
        sign = self._body[at : at + 1]
        in_list = self._open[-1] == _LIST
        if sign == b",":
            at = self._skip(at + 1)
            return (at if in_list else self._name(at)), False
        if in_list:
            if sign != b"]":
                raise _error("Missing a comma or ] after an array element.", at)
            return self._leave_lists(at), True
        if sign != b"}":
            raise _error("Missing a comma or } after an object member.", at)
        return self._leave(1, at + 1), True

    def _leave_lists(self, at: int) -> int:
        match = _CLOSES.match(self._body, at)
        assert match is not None  # noqa: S101 - it begins with a bracket
        count = match.group().count(b"]")
        if count > 1 and self._open[-count:] == b"[" * count:
            if len(self._open) > DEEPEST >= len(self._open) - count:
                inside = len(self._open) - DEEPEST
                self._leave(inside, _after_brackets(self._body, b"]", at, inside))
                count -= inside
            return self._leave(count, match.end()) if count else match.end()
        return self._leave(1, at + 1)

    def _enter(self, at: int, signs: bytes, end: int) -> None:
        before = len(self._open)
        self._open += signs
        if before <= DEEPEST < len(self._open):
            more = DEEPEST + 1 - before
            self._deep_from = _after_brackets(self._body[:end], signs[:1], at, more) - 1

    def _leave(self, count: int, end: int) -> int:
        before = len(self._open)
        del self._open[before - count :]
        if before > DEEPEST >= before - count:
            self._deep.append((self._deep_from, end))
        return end

    def _name(self, at: int) -> int:
        if self._body[at : at + 1] != b'"':
            raise _error("Missing a name for object member.", at)
        at = self._skip(self._string(at))
        if self._body[at : at + 1] != b":":
            raise _error("Missing a colon after a name of object member.", at)
        return self._skip(at + 1)

    def _number(self, at: int) -> int:
        match = _NUMBER.match(self._body, at)
        if not match:
            raise _error("Invalid value.", at)
        _, fraction, exponent = match.groups()
        if fraction == b".":
            raise _error("Miss fraction part in number.", match.end(2))
        if exponent and not exponent[-1:].isdigit():
            raise _error("Miss exponent in number.", match.end(3))
        if abs(float(match.group())) == float("inf"):
            raise _error("Number too big to be stored in double.", at)
        return match.end()

    def _string(self, at: int) -> int:
        body = self._body
        at += 1
        while True:
            match = _TEXT.match(body, at)
            assert match is not None  # noqa: S101 - the pattern matches nothing, too
            at = match.end()
            sign = body[at] if at < len(body) else 0
            if sign == 0x22:
                return at + 1
            if sign == 0x5C:
                at = self._escape(at)
            elif sign == 0:
                raise _error("Missing a closing quotation mark in string.", at)
            else:
                raise _error("Invalid encoding in string.", at)

    def _escape(self, at: int) -> int:
        match = _ESCAPE.match(self._body, at)
        if match is None:
            if self._body[at + 1 : at + 2] == b"u":
                raise _error("Incorrect hex digit after \\u escape in string.", at)
            raise _error("Invalid escape character in string.", at)
        unit = int(match[1], 16) if match[1] else 0
        if not 0xD800 <= unit < 0xE000:
            return match.end()
        low = _LOW.match(self._body, match.end())
        if unit >= 0xDC00 or low is None:
            raise _error("The surrogate pair in string is invalid.", at)
        return low.end()

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._body, at)
        assert match is not None  # noqa: S101 - the pattern matches nothing, too
        return match.end()


def _after_brackets(body: bytes, sign: bytes, at: int, count: int) -> int:
    """Where the bracket number `count` of a run ends."""
    if body[at : at + count] == sign * count:
        return at + count
    for _ in range(count):
        at = body.index(sign, at) + 1
    return at


def _error(what: str, at: int) -> ServingError:
    return invalid(f"JSON Parse error: {what} at offset: {at}")
