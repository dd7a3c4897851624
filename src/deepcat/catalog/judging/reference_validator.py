"""A schema held by `jsonschema`, made to judge as `jsonschema-rs` does.

What the two leave to their languages is settled here: patterns are ECMA 262's (`$` is the end, not
the line before it; digits are ASCII's), formats are checked by `formats`, and equal items are found
without comparing each with each, for the file may be hostile.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from math import isfinite
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, TypeChecker, ValidationError
from jsonschema.validators import extend

from deepcat.catalog.judging.breach import Breach, Schema
from deepcat.catalog.judging.formats import FORMATS
from deepcat.catalog.judging.keywords import broken


class Reference:
    """A schema held by `jsonschema`."""

    def __init__(self, schema: Schema) -> None:
        """Make a schema ready."""
        self._held = _DIALECT(schema, format_checker=_checker())

    def is_valid(self, data: Any) -> bool:
        """Whether a value keeps the schema."""
        return bool(self._held.is_valid(data))

    def breaches(self, data: Any) -> Iterator[Breach]:
        """Every keyword that a value breaks."""
        return map(_breach, self._held.iter_errors(data))


def _breach(error: ValidationError) -> Breach:
    path = list(error.absolute_schema_path)
    way = broken(path)
    if len(way) < len(path):
        return Breach(tuple(error.absolute_path), str(way[-1]), {})
    # `false` as a schema has no keyword.
    field = error.schema if isinstance(error.schema, dict) else {}
    keyword = str(error.validator or "falseSchema")
    names: tuple[str, ...] = ()
    if keyword == "required":
        names = tuple(key for key in field["required"] if key not in error.instance)
    elif keyword == "additionalProperties":
        names = tuple(_unknown(field, error.instance))
    return Breach(tuple(error.absolute_path), keyword, field, names)


def _unknown(field: Schema, value: dict[str, Any]) -> Iterator[str]:
    patterns = [compiled(pattern) for pattern in field.get("patternProperties", {})]
    for key in value:
        if key not in field.get("properties", {}) and not any(p.search(key) for p in patterns):
            yield key


# ECMA 262's white space, which re.ASCII would narrow.
_SPACES = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_TRANSLATED = {"$": r"\Z", r"\s": f"[{_SPACES}]", r"\S": f"[^{_SPACES}]"}
_TOKEN = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", re.DOTALL)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of ECMA 262, as far as Python's are written alike."""
    return re.compile(_TOKEN.sub(lambda found: _translated(found[0]), pattern), re.ASCII)


def _translated(token: str) -> str:
    if token.startswith("["):
        return token.replace(r"\s", _SPACES)
    return _TRANSLATED.get(token, token)


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not compiled(pattern).search(value):
        yield ValidationError(f"does not match {pattern}")


def _unique(_: Any, wanted: bool, value: Any, __: Any) -> Iterator[ValidationError]:
    if wanted and isinstance(value, list):
        written = [json.dumps(_comparable(item), sort_keys=True) for item in value]
        if len(set(written)) < len(written):
            yield ValidationError("has equal items")


def _comparable(value: Any) -> Any:
    """A value in which numbers that JSON Schema calls equal are written alike."""
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _checker() -> FormatChecker:
    # Those of a kind of cloud's own schema, too: all that `jsonschema` itself knows.
    checker = FormatChecker(tuple(FormatChecker.checkers))
    for name, holds in FORMATS.items():
        checker.checks(name)(lambda value, holds=holds: not isinstance(value, str) or holds(value))
    return checker


def _is_number(_: TypeChecker, value: Any) -> bool:
    """Whether JSON knows the number: it has no word for what is infinite or none."""
    return type(value) is int or (type(value) is float and isfinite(value))


def _is_integer(_: TypeChecker, value: Any) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


_DIALECT = extend(
    Draft202012Validator,
    {"pattern": _pattern, "uniqueItems": _unique},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"number": _is_number, "integer": _is_integer}
    ),
)
