"""What `deepcat.yaml` compares are modules of the catalog.

Why:
    The website has a page for each choice; one with a name that does not exist is left out.
Mend:
    Correct the name, or remove it.
Bad:
    compare: [[iris-classifier, digit-classifier]]
Good:
    compare: [[iris-classifier, digits-classifier]]
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import nearest, shown


@catalog_rule(__doc__, "catalog/compare")
def compare(catalog: CatalogView) -> Iterator[Flaw]:
    """Every module of every choice."""
    modules = catalog.facts(UnitKind.MODULE)
    for unit, facts in catalog.of(UnitKind.CATALOG):
        for number, names in enumerate(facts["compare"]):
            for index, name in enumerate(names or ()):
                if name is not None and name not in modules:
                    likely = nearest(name, modules)
                    hint = f"did you mean `{likely}`?" if likely else "remove it"
                    place = catalog.place(unit, "compare", number, index)
                    yield Flaw(place, f"there is no module {shown(name)}", hint)
