"""The clouds on which modules are trained again are clouds of the catalog.

Why:
    On one that does not exist nothing is trained, and every week fails.
Mend:
    Correct the name, or add `clouds/<name>.yaml`.
Bad:
    reproduce: {clouds: [locl]}
Good:
    reproduce: {clouds: [local]}
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import nearest, shown


@catalog_rule(__doc__, "catalog/cloud")
def cloud(catalog: CatalogView) -> Iterator[Flaw]:
    """Every cloud that `reproduce` names."""
    clouds = catalog.facts(UnitKind.CLOUD)
    for unit, facts in catalog.of(UnitKind.CATALOG):
        for index, name in enumerate(facts["reproduce"]):
            if name is not None and name not in clouds:
                likely = nearest(name, clouds)
                hint = f"did you mean `{likely}`?" if likely else f"add `clouds/{name}.yaml`"
                place = catalog.place(unit, "reproduce", "clouds", index)
                yield Flaw(place, f"there is no cloud {shown(name)}", hint)
