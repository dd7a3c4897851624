"""The clouds that a deployment allows are clouds of the catalog.

Why:
    A name that does not exist allows nothing, and the deployment may find no place.
Mend:
    Correct the name, or add `clouds/<name>.yaml`.
Bad:
    placement:
      clouds: [locl]
Good:
    placement:
      clouds: [local]
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import nearest, shown


@catalog_rule(__doc__, "deployment/cloud")
def cloud(catalog: CatalogView) -> Iterator[Flaw]:
    """Every cloud of every deployment."""
    clouds = catalog.facts(UnitKind.CLOUD)
    for unit, facts in catalog.of(UnitKind.DEPLOYMENT):
        for index, name in enumerate(facts["clouds"]):
            if name is not None and name not in clouds:
                likely = nearest(name, clouds)
                hint = f"did you mean `{likely}`?" if likely else f"add `clouds/{name}.yaml`"
                place = catalog.place(unit, "placement", "clouds", index)
                yield Flaw(place, f"there is no cloud {shown(name)}", hint)
