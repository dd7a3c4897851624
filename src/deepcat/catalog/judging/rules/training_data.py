"""The data that a training names is in the catalog, and a wish replaces what there is.

Why:
    A training whose data nobody knows cannot begin.
Mend:
    Correct the name, or add the data set: `deepcat data add`. A wish names data by the names that
    its module's `training.data` has.
Bad:
    training:
      data: {digits: {dataset: digit}}
Good:
    training:
      data: {digits: {dataset: digits}}
"""

from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.profile import Pointer
from deepcat.catalog.reading.units import Unit, UnitKind
from deepcat.catalog.wording import nearest, shown


@catalog_rule(__doc__, "training/data")
def data(catalog: CatalogView) -> Iterator[Flaw]:
    """Every module's and every deployment's."""
    for unit, facts in catalog.of(UnitKind.MODULE):
        yield from _unknown(catalog, unit, facts, ("training", "data"))
    modules = catalog.facts(UnitKind.MODULE)
    for unit, facts in catalog.of(UnitKind.DEPLOYMENT):
        if not facts["data"]:
            continue
        yield from _unknown(catalog, unit, facts, ("data",))
        if facts["profile"] != "train":
            message = "data is what a training reads, and this is none"
            yield Flaw(catalog.place(unit, "data"), message, "take it away, or `profile: train`")
        own = modules.get(facts["module"])
        if own is None or catalog.is_elsewhere(facts):
            continue
        for name in facts["data"]:
            if name not in own["data"]:
                message = f"the module {shown(facts['module'])} reads no data {shown(name)}"
                likely = nearest(name, own["data"])
                hint = f"did you mean `{likely}`?" if likely else "take it away"
                yield Flaw(catalog.place(unit, "data", name), message, hint)


def _unknown(
    catalog: CatalogView, unit: Unit, facts: Mapping[str, Any], start: Pointer
) -> Iterator[Flaw]:
    known = catalog.facts(UnitKind.DATASET)
    for name, dataset in facts["data"].items():
        if dataset and dataset not in known:
            likely = nearest(dataset, known)
            hint = f"did you mean `{likely}`?" if likely else "add it: `deepcat data add`"
            place = catalog.place(unit, *start, name, "dataset")
            yield Flaw(place, f"there is no data set {shown(dataset)}", hint)
