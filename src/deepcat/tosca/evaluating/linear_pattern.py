"""Patterns matched in time that grows linearly with the text, in Python alone. Pure.

A pattern becomes states (Thompson's construction) and a text is followed through all of them at
once, so nothing is ever tried twice. `jsonschema-rs` does the same far quicker; this stands in
where it is not installed, and refuses what it does not know rather than guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

# More states than this are refused.
MAX_STATES = 2_000
# Deeper groups are refused.
MAX_DEPTH = 40
_ENDLESS = -1
_START, _END = "start", "end"

# What leads on from a state: a test of one character, a place in the text, or nothing at all.
Test: TypeAlias = Callable[[str], bool]
_SPACES = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": _SPACES}
_SIGNS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_COUNT = re.compile(r"\{([0-9]{1,4})(,?)([0-9]{0,4})\}")
_SET = re.compile(r"\[(\^?)((?:\\.|[^\\\[\]])+)\]", re.S)
# In a set: what programs read in different ways.
_DOUBTFUL = re.compile(r"--|&&|~~|\|\||\\(?![dws\W nrtfv])|-\\[dws]|\\[dws]-(?!\Z)")


class PatternError(ValueError):
    """A pattern that cannot be followed; the text says why."""


@dataclass(slots=True)
class Graph:
    """The states of a pattern, by number.

    Attributes:
        tests: what leads on from each state.
        after: where it leads to.
    """

    tests: list[Test | str | None] = field(default_factory=list)
    after: list[list[int]] = field(default_factory=list)

    def add(self, test: Test | str | None = None, *after: int) -> int:
        """One state more; its number."""
        if len(self.tests) >= MAX_STATES:
            raise PatternError("a pattern that is too large")
        self.tests.append(test)
        self.after.append(list(after))
        return len(self.tests) - 1

    def reached(self, states: Iterable[int], at: set[str]) -> frozenset[int]:
        """These states and all that they lead to without a character, at a place in the text."""
        found: set[int] = set()
        pending = list(states)
        while pending:
            state = pending.pop()
            test = self.tests[state]
            if state not in found:
                found.add(state)
                if test is None or test in at:
                    pending.extend(self.after[state])
        return frozenset(found)

    def step(self, states: Iterable[int], character: str) -> set[int]:
        """Where one character leads."""
        found: set[int] = set()
        for state in states:
            test = self.tests[state]
            if callable(test) and test(character):
                found.update(self.after[state])
        return found


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a pattern as states: from the first to the last, which leads nowhere yet."""

    first: int
    last: int


class _Reader:
    """A recursive descent over one pattern, which makes states as it goes."""

    def __init__(self, pattern: str) -> None:
        self.rest = pattern
        self.graph = Graph()
        self.depth = 0

    def take(self, *signs: str) -> str:
        found = next((sign for sign in signs if self.rest.startswith(sign)), "")
        self.rest = self.rest[len(found) :]
        return found

    def joined(self, one: _Part, other: _Part) -> _Part:
        self.graph.after[one.last].append(other.first)
        return _Part(one.first, other.last)

    def empty(self) -> _Part:
        state = self.graph.add()
        return _Part(state, state)

    def either(self) -> _Part:
        parts = [self.sequence()]
        while self.take("|"):
            parts.append(self.sequence())
        last = self.graph.add()
        for part in parts:
            self.graph.after[part.last].append(last)
        return _Part(self.graph.add(None, *(part.first for part in parts)), last)

    def sequence(self) -> _Part:
        whole = self.empty()
        while self.rest and self.rest[0] not in "|)":
            whole = self.joined(whole, self.repeated())
        return whole

    def repeated(self) -> _Part:
        before = self.rest
        part = self.one()
        written = before[: len(before) - len(self.rest)]
        bounds = self.count()
        if bounds is None:
            return part
        rest = self.rest
        whole = self.copies(written, *bounds)
        self.rest = rest
        return whole

    def copies(self, written: str, low: int, high: int) -> _Part:
        """A part as often as it may stand, each time made anew from what was written."""
        whole = self.empty()
        for _ in range(low):
            whole = self.joined(whole, self.again(written))
        if high == _ENDLESS:
            part = self.again(written)
            loop = self.graph.add(None, part.first)
            self.graph.after[part.last].append(loop)
            return self.joined(whole, _Part(loop, loop))
        end = self.graph.add()
        for _ in range(high - low):
            self.graph.after[whole.last].append(end)
            whole = self.joined(whole, self.again(written))
        return self.joined(whole, _Part(end, end))

    def again(self, written: str) -> _Part:
        self.rest = written
        return self.one()

    def count(self) -> tuple[int, int] | None:
        """How often the part before stands, at least and at most; None for once."""
        found = _COUNT.match(self.rest)
        if found:
            self.rest = self.rest[found.end() :]
            low = int(found[1])
            high = int(found[3]) if found[3] else _ENDLESS if found[2] else low
        else:
            sign = self.take("*", "+", "?")
            if not sign:
                return None
            low, high = {"*": (0, _ENDLESS), "+": (1, _ENDLESS), "?": (0, 1)}[sign]
        self.take("?")
        if self.rest[:1] in ("*", "+", "?", "{") or (high != _ENDLESS and high < low):
            raise PatternError("not a regular expression: a repetition of nothing")
        return low, high

    def one(self) -> _Part:
        if not self.take("("):
            last = self.graph.add()
            return _Part(self.graph.add(self.test(), last), last)
        if self.rest.startswith("?") and not self.take("?:"):
            raise PatternError("a pattern that looks around, names a group or sets a flag")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise PatternError("a pattern whose groups are too deep")
        part = self.either()
        self.depth -= 1
        if not self.take(")"):
            raise PatternError("not a regular expression: a group has no end")
        return part

    def test(self) -> Test | str:
        """What leads over the next sign of the pattern."""
        found = _SET.match(self.rest)
        if found:
            self.rest = self.rest[found.end() :]
            return _set(found[2], outside=bool(found[1]))
        sign, self.rest = self.rest[0], self.rest[1:]
        if sign in "^$":
            return _START if sign == "^" else _END
        if sign in "[{*+?":
            raise PatternError(f"not a regular expression: a bare `{sign}`")
        if sign == ".":
            return lambda character: character != "\n"
        return self.escaped() if sign == "\\" else sign.__eq__

    def escaped(self) -> Test:
        escaped, self.rest = self.rest[:1], self.rest[1:]
        if escaped.lower() in _CLASSES and escaped:
            return _set(f"\\{escaped.lower()}", outside=escaped.isupper())
        if not escaped or (escaped.isalnum() and escaped not in _SIGNS):
            raise PatternError("a pattern that refers back, or an escape that is not known")
        return _SIGNS.get(escaped, escaped).__eq__


def _set(written: str, *, outside: bool) -> Test:
    if _DOUBTFUL.search(written):
        raise PatternError("a set of characters that programs read in different ways")
    plain = re.sub(r"\\([dws])", lambda found: _CLASSES[found[1]], written)
    try:
        held = re.compile(f"[{'^' if outside else ''}{plain}]")
    except re.error as error:
        raise PatternError(f"not a regular expression: {error}") from None
    return lambda character: held.match(character) is not None


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a whole text matches a pattern.

    Raises:
        PatternError: the pattern is none, or not one that this can follow.
    """
    reader = _Reader(pattern)
    whole = reader.either()
    if reader.rest:
        raise PatternError("not a regular expression: a group ends that did not begin")
    graph = reader.graph
    known: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def matches(text: str) -> bool:
        states = graph.reached([whole.first], {_START} if text else {_START, _END})
        for number, character in enumerate(text, 1):
            last = number == len(text)
            key = (states, f"{character}{last}")
            if key not in known:
                known[key] = graph.reached(graph.step(states, character), {_END} if last else set())
            states = known[key]
            if not states:
                return False
        return whole.last in states

    return matches
