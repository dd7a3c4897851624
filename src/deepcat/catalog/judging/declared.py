"""What an input of a training may be, as its module declares it. Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from deepcat.catalog.wording import shown

BOUNDS: Final[Mapping[str, tuple[Callable[[Any, Any], bool], str]]] = {
    "minimum": (operator.ge, "is less than the least,"),
    "maximum": (operator.le, "is more than the most,"),
    "exclusiveMinimum": (operator.gt, "is not more than"),
    "exclusiveMaximum": (operator.lt, "is not less than"),
}


def wrong(value: Any, declared: Mapping[str, Any]) -> str:
    """What a value breaks; empty for nothing.

    Args:
        value: of the input.
        declared: the input, as the module's `training.inputs` has it.
    """
    kind = str(declared.get("type"))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "integer": is_number and value == int(value) if is_number else False,
        "number": is_number,
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
    }
    if not fits.get(kind, True):
        return f"is no {kind}"
    if "enum" in declared and value not in declared["enum"]:
        return f"is none of {', '.join(map(shown, declared['enum'][:8]))}"
    for key, (holds, words) in BOUNDS.items():
        if is_number and key in declared and not holds(value, declared[key]):
            return f"{words} {shown(declared[key])}"
    return ""
