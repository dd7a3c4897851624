"""The default of a training's input is what the input may be.

Why:
    Who gives no value gets the default, and the training would be refused.
Mend:
    Write a default of the input's type that its bounds allow, or change the bounds.
Bad:
    training:
      command: python train.py
      inputs: {epochs: {type: integer, default: 0, minimum: 1}}
Good:
    training:
      command: python train.py
      inputs: {epochs: {type: integer, default: 30, minimum: 1}}
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown

_BOUNDS: Mapping[str, tuple[Callable[[Any, Any], bool], str]] = {
    "minimum": (operator.ge, "is less than the least,"),
    "maximum": (operator.le, "is more than the most,"),
    "exclusiveMinimum": (operator.gt, "is not more than"),
    "exclusiveMaximum": (operator.lt, "is not less than"),
}


@unit_rule(__doc__, "training/input", UnitKind.MODULE, needs="training")
def inputs(view: View) -> Iterator[Flaw]:
    """Every default, by type, bounds and choice."""
    declared = view.data["training"].get("inputs", {})
    for name, each in declared.items():
        if not isinstance(each, Mapping):
            continue
        place = view.place("training", "inputs", name, "default")
        if "default" in each and (wrong := _wrong(each["default"], each)):
            message = f"the default of {shown(name)}, {shown(each['default'])}, {wrong}"
            yield Flaw(place, message, "write one that the input may be")
        bounds = {key for key in _BOUNDS if key in each}
        if bounds and each.get("type") not in ("integer", "number"):
            key = sorted(bounds)[0]
            what = view.place("training", "inputs", name, key)
            yield Flaw(
                what, f"{shown(name)} is no number, so that it has no `{key}`", "take it away"
            )


def _wrong(value: Any, each: Mapping[str, Any]) -> str:
    """What a value breaks; empty for nothing."""
    kind = str(each.get("type"))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "integer": is_number and value == int(value) if is_number else False,
        "number": is_number,
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
    }
    if not fits.get(kind, True):
        return f"is no {kind}"
    if "enum" in each and value not in each["enum"]:
        return f"is none of {', '.join(map(shown, each['enum'][:8]))}"
    for key, (holds, words) in _BOUNDS.items():
        if is_number and key in each and not holds(value, each[key]):
            return f"{words} {shown(each[key])}"
    return ""
