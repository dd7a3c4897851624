"""Whether a package of a lock is for a Python and a machine: PEP 508's markers, decided here. Pure.

What cannot be decided, such as a kernel's version, is refused by name instead of guessed.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\s*(?:(?P<word>[A-Za-z_][A-Za-z0-9_.]*)|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<sign>===|==|!=|<=|>=|~=|<|>)|(?P<bracket>[()]))"
)
_VERSIONS = frozenset({"python_version", "python_full_version", "implementation_version"})
_SETS = frozenset({"extras", "dependency_groups"})
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_RELEASE = re.compile(r"\d+(\.\d+)*\Z")
_MOST, _DEEPEST = 4000, 20


class MarkerError(ValueError):
    """A marker is none, or cannot be decided."""


@dataclass(frozen=True)
class Target:
    """What packages are for.

    Attributes:
        values: of each marker's variable that is known.
        groups: that are asked for where a lock has some.
    """

    values: Mapping[str, str]
    groups: frozenset[str] = frozenset()


def target(version: str = "", groups: frozenset[str] = frozenset()) -> Target:
    """A Python on a machine such as this one.

    Args:
        version: of the Python, as ``3.12`` or ``3.12.1``; empty for this one.
        groups: as of `Target`.
    """
    full = version or platform.python_version()
    release = re.match(r"\d+(\.\d+)*", full)
    full = release[0] if release else full
    return Target(
        {
            "python_version": ".".join(full.split(".")[:2]),
            "python_full_version": full,
            "implementation_version": full,
            "implementation_name": sys.implementation.name,
            "platform_python_implementation": platform.python_implementation(),
            "platform_machine": platform.machine(),
            "platform_system": platform.system(),
            "sys_platform": sys.platform,
            "os_name": os.name,
            "extra": "",
        },
        groups,
    )


def applies(marker: str, to: Target) -> bool:
    """Whether a marker holds.

    Raises:
        MarkerError: it is none, or cannot be decided.
    """
    if len(marker) > _MOST:
        raise MarkerError("a marker is too long")
    return _Reader(list(_tokens(marker)), to).whole()


def satisfies(version: str, specifier: str) -> bool:
    """Whether a Python's version is in a range such as ``>=3.11,<3.13``.

    Raises:
        MarkerError: the range is none, or cannot be decided.
    """
    parts = [part.strip() for part in specifier.split(",") if part.strip()]
    found = [re.match(r"(===|==|!=|<=|>=|~=|<|>)\s*(\S+)\Z", part) for part in parts]
    if not parts or not all(found):
        raise MarkerError(f"{specifier[:80]!r} is no range of versions")
    return all(_by_version(version, each[1], each[2]) for each in found if each)


def _tokens(marker: str) -> Iterator[tuple[str, str]]:
    at = 0
    while marker[at:].strip():
        found = _TOKEN.match(marker, at)
        if not found:
            raise MarkerError(f"{marker[:80]!r} is no marker")
        at = found.end()
        kind = str(found.lastgroup)
        yield kind, found[kind]


class _Reader:
    """Reads and decides a marker, or before and, brackets first."""

    def __init__(self, tokens: list[tuple[str, str]], to: Target) -> None:
        self.tokens, self.to, self.at, self.depth = tokens, to, 0, 0

    def whole(self) -> bool:
        """All of it."""
        found = self._any()
        if self.at != len(self.tokens):
            raise MarkerError(f"a marker goes on with {self._next()[1][:40]!r}")
        return found

    def _next(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def _take(self, kind: str, value: str = "") -> str:
        found, text = self._next()
        if found != kind or (value and text != value):
            raise MarkerError(f"a marker has {text[:40]!r} where it should not")
        self.at += 1
        return text

    def _joined(self, word: str, part: Callable[[], bool]) -> list[bool]:
        found = [part()]
        while self._next() == ("word", word):
            self.at += 1
            found.append(part())
        return found

    def _any(self) -> bool:
        return any(self._joined("or", self._all))

    def _all(self) -> bool:
        return all(self._joined("and", self._one))

    def _one(self) -> bool:
        if self._next() != ("bracket", "("):
            return self._compared()
        self.at, self.depth = self.at + 1, self.depth + 1
        if self.depth > _DEEPEST:
            raise MarkerError("a marker has too many brackets")
        found = self._any()
        self._take("bracket", ")")
        self.depth -= 1
        return found

    def _value(self) -> tuple[str, str]:
        """The name of a variable, or nothing, and a text's value."""
        kind, text = self._next()
        self.at += 1
        if kind == "text":
            return "", text[1:-1]
        if kind != "word":
            raise MarkerError(f"a marker has {text[:40]!r} where it should not")
        if text not in self.to.values and text not in _SETS:
            raise MarkerError(f"the marker `{text[:40]}` cannot be decided here")
        return text, ""

    def _sign(self) -> str:
        kind, text = self._next()
        if kind == "sign":
            return self._take("sign")
        if text == "not":
            self.at += 1
            return f"not {self._take('word', 'in')}"
        return self._take("word", "in")

    def _compared(self) -> bool:
        left, left_text = self._value()
        sign = self._sign()
        right, right_text = self._value()
        if bool(left) == bool(right):
            raise MarkerError("a marker compares no variable with a text")
        if {left, right} & _SETS:
            return self._chosen(left_text, sign, right)
        known = self.to.values[left or right]
        if {left, right} & _VERSIONS and "in" not in sign:
            mirrored = sign if left else _MIRRORED.get(sign, sign)
            return _by_version(known, mirrored, left_text or right_text)
        one, other = (known, right_text) if left else (left_text, known)
        return _by_text(one, sign, other)

    def _chosen(self, text: str, sign: str, name: str) -> bool:
        has = name == "dependency_groups" and text in self.to.groups
        if not name or sign not in ("in", "not in"):
            raise MarkerError("a marker asks of a set what only a text has")
        return has is (sign == "in")


def _by_text(one: str, sign: str, other: str) -> bool:
    if sign in ("==", "==="):
        return one == other
    if sign == "!=":
        return one != other
    if sign in ("in", "not in"):
        return (one in other) is (sign == "in")
    raise MarkerError(f"{one[:40]!r} and {other[:40]!r} have no order")


def _by_version(known: str, sign: str, said: str) -> bool:
    """By the numbers of both; one that is written shorter than the other asks is not enough."""
    every = said.endswith(".*") and sign in ("==", "!=")
    text = said[:-2] if every else said
    if not _RELEASE.match(text) or not _RELEASE.match(known):
        raise MarkerError(f"{said[:40]!r} is no version that can be compared")
    mine, other = ([int(part) for part in each.split(".")] for each in (known, text))
    if len(mine) < min(len(other), 3) and mine == other[: len(mine)] and any(other[len(mine) :]):
        raise MarkerError(f"of Python {known} nobody knows whether it is {sign} {said}")
    if every:
        return (mine[: len(other)] == other) is (sign == "==")
    if sign == "~=":
        return mine >= other and mine[: len(other) - 1] == other[:-1]
    length = max(len(mine), len(other))
    a, b = (each + [0] * (length - len(each)) for each in (mine, other))
    found = {"==": a == b, "===": known == said, "!=": a != b}
    return {**found, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[sign]
