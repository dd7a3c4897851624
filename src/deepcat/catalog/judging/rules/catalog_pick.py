"""The picks of `deepcat.yaml` are modules of the catalog.

Why:
    They stand first on the website; a name that does not exist leaves a gap.
Mend:
    Correct the name, or remove it.
Bad:
    picks: [half-plus-tow]
Good:
    picks: [half-plus-two]
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import nearest, shown


@catalog_rule(__doc__, "catalog/pick")
def pick(catalog: CatalogView) -> Iterator[Flaw]:
    """Every pick."""
    modules = catalog.facts(UnitKind.MODULE)
    for unit, facts in catalog.of(UnitKind.CATALOG):
        for index, name in enumerate(facts["picks"]):
            if name is not None and name not in modules:
                likely = nearest(name, modules)
                hint = f"did you mean `{likely}`?" if likely else "remove it"
                yield Flaw(
                    catalog.place(unit, "picks", index), f"there is no module {shown(name)}", hint
                )
