"""A sweep of a wish tries values that the module's training takes, and comes to an end.

Why:
    A point that the module does not take is refused only when it is its turn, after others have
    cost time and money; and without a metric nobody can say which one is the best.
Mend:
    Name inputs of the module's `training.inputs` under `sweep.over`, each with values or a range
    that its bounds allow; for a grid, say how many of a range: `1e-4..1e-1:log/4`.
Bad:
    profile: train
    sweep:
      over: {epochs: [0, 30]}   # the least is 1
Good:
    profile: train
    sweep:
      over: {epochs: [30, 60], lr: 1e-4..1e-1:log}
"""

from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.judging.sweeping import sweep_of
from deepcat.catalog.reading.units import Unit, UnitKind
from deepcat.catalog.wording import shown
from deepcat.errors import DeepcatError


@catalog_rule(__doc__, "deployment/sweep")
def sweep(catalog: CatalogView) -> Iterator[Flaw]:
    """Every deployment's."""
    modules = catalog.facts(UnitKind.MODULE)
    for unit, facts in catalog.of(UnitKind.DEPLOYMENT):
        if not facts["sweep"].get("over"):
            continue
        if facts["profile"] != "train":
            message = "a sweep is of trainings, and this is none"
            yield Flaw(catalog.place(unit, "sweep"), message, "take it away, or `profile: train`")
        elif facts["module"] in modules and not catalog.is_elsewhere(facts):
            yield from _flaws(catalog, unit, facts, modules[facts["module"]])


def _flaws(
    catalog: CatalogView, unit: Unit, facts: Mapping[str, Any], module: Mapping[str, Any]
) -> Iterator[Flaw]:
    said, known = facts["sweep"], module["learns"]
    whole = catalog.place(unit, "sweep")
    if not (said.get("metric") or known.get("metric")):
        message = f"the module {shown(facts['module'])} does not say by which metric its trainings"
        yield Flaw(whole, f"{message} are compared", "name it: `metric` under `sweep`")
    declared, is_sound = known.get("inputs", {}), True
    for name, values in said["over"].items():
        place = catalog.place(unit, "sweep", "over", name)
        if name in facts["inputs"]:
            message = f"{shown(name)} is swept, and set under `inputs`"
            yield Flaw(place, message, "leave one of them out")
        try:
            sweep_of({**said, "over": {name: values}}, declared, higher=True)
        except DeepcatError as error:
            is_sound = False
            yield Flaw(place, error.message, error.hint)
    if not is_sound:
        return
    try:
        sweep_of(said, declared, higher=True)
    except DeepcatError as error:
        yield Flaw(whole, error.message, error.hint)
