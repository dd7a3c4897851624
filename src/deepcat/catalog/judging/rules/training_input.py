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

from collections.abc import Iterator, Mapping

from deepcat.catalog.judging.declared import BOUNDS, wrong
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown


@unit_rule(__doc__, "training/input", UnitKind.MODULE, needs="training")
def inputs(view: View) -> Iterator[Flaw]:
    """Every default, by type, bounds and choice."""
    declared = view.data["training"].get("inputs", {})
    for name, each in declared.items():
        if not isinstance(each, Mapping):
            continue
        place = view.place("training", "inputs", name, "default")
        if "default" in each and (why := wrong(each["default"], each)):
            message = f"the default of {shown(name)}, {shown(each['default'])}, {why}"
            yield Flaw(place, message, "write one that the input may be")
        bounds = {key for key in BOUNDS if key in each}
        if bounds and each.get("type") not in ("integer", "number"):
            key = sorted(bounds)[0]
            what = view.place("training", "inputs", name, key)
            yield Flaw(
                what, f"{shown(name)} is no number, so that it has no `{key}`", "take it away"
            )
