"""Values of TOSCA's primitive types, read as people write them. Pure.

Where tosca-parser is stricter than the templates of the field, this is not; each relaxation:

- `int-for-float`: a whole number is a float.
- `scalar-for-string`: a number or boolean given for a string is what was written (`1.10`, `false`).
- `text-for-scalar`: text that reads as a number or boolean is one (`"2"`, `"false"`).
- `number-for-version`: a version that YAML takes for a number is what was written (`16.10`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from deepcat.tosca.evaluating import constraints
from deepcat.tosca.topology import Deferred

WRONG: Final = object()
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}\Z")
_FLOAT = re.compile(
    r"[-+]?(?:[0-9]{1,300}(?:\.[0-9]{0,300})?|\.[0-9]{1,300})(?:[eE][-+]?[0-9]{1,3})?\Z"
)


def is_deferred(value: Any) -> bool:
    """Whether some part of a value is known only later."""
    if isinstance(value, Deferred):
        return True
    if isinstance(value, dict):
        return any(is_deferred(item) for item in value.values())
    return isinstance(value, list) and any(is_deferred(item) for item in value)


def as_text(value: Any) -> str:
    """A plain value as TOSCA's string functions see it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def primitive(value: Any, type_name: str, written: Callable[[], str | None]) -> Any:
    """A value as a primitive type, relaxed as above; `WRONG` where it is none."""
    if type_name in _READ:
        return _READ[type_name](value)
    text = value if isinstance(value, str) else _written(value, written)
    if type_name == "string" or text is WRONG:
        return text
    return WRONG if constraints.comparable(text, type_name) is None else text


def _written(value: Any, written: Callable[[], str | None]) -> Any:
    if not isinstance(value, bool | int | float):
        return WRONG
    text = written()
    return as_text(value) if text is None else text


def _integer(value: Any) -> Any:
    if isinstance(value, str) and _INTEGER.match(value.strip()):
        return int(value)
    return value if type(value) is int else WRONG


def _float(value: Any) -> Any:
    if isinstance(value, str) and _FLOAT.match(value.strip()):
        return float(value)
    return float(value) if type(value) in (int, float) and abs(value) < 1e300 else WRONG


def _boolean(value: Any) -> Any:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower(), WRONG)
    return value if isinstance(value, bool) else WRONG


def _range(value: Any) -> Any:
    match value:
        case [int(low), "UNBOUNDED"] if not isinstance(low, bool):
            return [low, "UNBOUNDED"]
        case [int(low), int(high)] if low <= high:
            return [low, high]
    return WRONG


_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "integer": _integer,
    "float": _float,
    "boolean": _boolean,
    "range": _range,
    "null": lambda value: value if value is None else WRONG,
}
