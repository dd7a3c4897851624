"""What a collection names are modules of the catalog.

Why:
    Its page leaves out what does not exist, and readers look for it in vain.
Mend:
    Correct the name, or remove it.
Bad:
    modules: [iris-classifyer]
Good:
    modules: [iris-classifier]
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import nearest, shown


@catalog_rule(__doc__, "collection/module")
def module(catalog: CatalogView) -> Iterator[Flaw]:
    """Every module of every collection."""
    modules = catalog.facts(UnitKind.MODULE)
    for unit, facts in catalog.of(UnitKind.COLLECTION):
        for index, name in enumerate(facts["modules"]):
            if name is not None and name not in modules:
                likely = nearest(name, modules)
                hint = f"did you mean `{likely}`?" if likely else "remove it"
                place = catalog.place(unit, "modules", index)
                yield Flaw(place, f"there is no module {shown(name)}", hint)
