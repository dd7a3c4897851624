"""All of TOSCA's constraint clauses, on values that are known. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from math import inf
from typing import Any, Final

from deepcat.tosca.reading import scalars

MAX_PATTERN = 200
MAX_SUBJECT = 4096
# One repetition at most and no group: Python's own engine takes linear time for such a pattern.
_SIMPLE = re.compile(r"[^(*+{?\\]*[*+?]?[^(*+{?\\]*\Z|[^(*+{?\\]*\{[0-9,]{1,9}\}[^(*+{?\\]*\Z")

_DOUBTFUL = re.compile(r"\[\[|--|&&|~~|\|\|")


class BadClauseError(ValueError):
    """A clause that cannot be used; the text says why."""


def comparable(value: Any, type_name: str) -> Any:
    """A value as its type compares: bytes for sizes, numbers for versions, else itself."""
    if type_name in scalars.UNITS:
        return scalars.quantity(value, type_name)
    if type_name == "version":
        return scalars.version(value)
    if type_name == "timestamp":
        return scalars.timestamp(value)
    return value


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any, str], bool]:
    def holds(value: Any, argument: Any, type_name: str) -> bool:
        limit = _limit(argument, type_name)
        subject = comparable(value, type_name)
        if isinstance(value, list) and type_name == "range":
            return all(compare(inf if end == "UNBOUNDED" else end, limit) for end in value)
        return compare(subject, limit)

    return holds


def _limit(argument: Any, type_name: str) -> Any:
    limit = comparable(argument, type_name)
    if limit is None or isinstance(limit, (dict, list, bool)):
        raise BadClauseError(f"`{argument}` does not compare with a {type_name}")
    if type_name in ("integer", "float", "range") and not isinstance(limit, (int, float)):
        raise BadClauseError(f"`{argument}` is not a number")
    return limit


def _in_range(value: Any, argument: Any, type_name: str) -> bool:
    if not isinstance(argument, list) or len(argument) != 2:
        raise BadClauseError("in_range takes a list of two bounds")
    low, high = argument
    at_least = low == "UNBOUNDED" or CLAUSES["greater_or_equal"](value, low, type_name)
    return at_least and (high == "UNBOUNDED" or CLAUSES["less_or_equal"](value, high, type_name))


def _equal(value: Any, argument: Any, type_name: str) -> bool:
    wanted = comparable(_as_text(argument, type_name), type_name)
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(
        comparable(value, type_name) == wanted
    )


def _as_text(argument: Any, type_name: str) -> Any:
    if type_name in ("string", "version") and isinstance(argument, bool):
        return str(argument).lower()
    if type_name in ("string", "version") and isinstance(argument, (int, float)):
        return str(argument)
    return argument


def _valid_values(value: Any, argument: Any, type_name: str) -> bool:
    if not isinstance(argument, list):
        raise BadClauseError("valid_values takes a list")
    return any(_equal(value, item, type_name) for item in argument)


def _length(compare: Callable[[int, int], bool]) -> Callable[[Any, Any, str], bool]:
    def holds(value: Any, argument: Any, type_name: str) -> bool:
        if type(argument) is not int or argument < 0:
            raise BadClauseError("a length is a whole number, 0 or more")
        if not isinstance(value, (str, list, dict)):
            raise BadClauseError(f"a {type_name} has no length")
        return compare(len(value), argument)

    return holds


def _pattern(value: Any, argument: Any, _: str) -> bool:
    if not isinstance(argument, str) or len(argument) > MAX_PATTERN:
        raise BadClauseError(f"a pattern is text of at most {MAX_PATTERN} characters")
    if not isinstance(value, str) or len(value) > MAX_SUBJECT:
        return False
    return _matcher(argument)(value)


@lru_cache(maxsize=256)
def _matcher(pattern: str) -> Callable[[str], bool]:
    if not _SIMPLE.match(pattern) or _DOUBTFUL.search(pattern):
        return _linear(pattern)
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError) as error:
        raise BadClauseError(f"not a regular expression: {error}") from None
    return lambda value: compiled.fullmatch(value) is not None


def _linear(pattern: str) -> Callable[[str], bool]:
    """A matcher whose time grows linearly, so that no template can stall whoever reads it."""
    try:
        import jsonschema_rs
    except ImportError:
        return _linear_in_python(pattern)
    options = jsonschema_rs.RegexOptions(size_limit=1_000_000)
    try:
        validator = jsonschema_rs.validator_for(
            {"pattern": f"^(?:{pattern})$"}, pattern_options=options
        )
    except (jsonschema_rs.ValidationError, ValueError):
        message = "a pattern that is too large, or that looks around or refers back"
        raise BadClauseError(message) from None
    return lambda value: bool(validator.is_valid(value))


def _linear_in_python(pattern: str) -> Callable[[str], bool]:
    from deepcat.tosca.evaluating.linear_pattern import PatternError, matcher

    try:
        return matcher(pattern)
    except PatternError as error:
        raise BadClauseError(str(error)) from None


CLAUSES: Final[dict[str, Callable[[Any, Any, str], bool]]] = {
    "equal": _equal,
    "greater_than": _ordered(lambda value, limit: value > limit),
    "greater_or_equal": _ordered(lambda value, limit: value >= limit),
    "less_than": _ordered(lambda value, limit: value < limit),
    "less_or_equal": _ordered(lambda value, limit: value <= limit),
    "in_range": _in_range,
    "valid_values": _valid_values,
    "length": _length(lambda size, limit: size == limit),
    "min_length": _length(lambda size, limit: size >= limit),
    "max_length": _length(lambda size, limit: size <= limit),
    "pattern": _pattern,
    # In a language of its own: whoever holds a value against it says that it is not judged.
    "schema": lambda *_: True,
}


def holds(clause: str, argument: Any, value: Any, type_name: str) -> bool:
    """Whether a value meets one clause.

    Raises:
        BadClauseError: the clause is not one of TOSCA's, or its argument does not fit the type.
    """
    if clause not in CLAUSES:
        raise BadClauseError(f"TOSCA has no constraint `{clause}`")
    try:
        return CLAUSES[clause](value, argument, type_name)
    except (TypeError, ArithmeticError):
        raise BadClauseError(f"`{argument}` does not fit a {type_name}") from None
