"""A deployment names a module of the catalog.

Why:
    What is not there cannot be deployed.
Mend:
    Correct the name, or add the module.
Bad:
    module: iris-clasifier
Good:
    module: iris-classifier
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import nearest, shown


@catalog_rule(__doc__, "deployment/module")
def module(catalog: CatalogView) -> Iterator[Flaw]:
    """Every deployment's."""
    modules = catalog.facts(UnitKind.MODULE)
    for unit, facts in catalog.of(UnitKind.DEPLOYMENT):
        name = facts["module"]
        if name and name not in modules:
            likely = nearest(name, modules)
            hint = f"did you mean `{likely}`?" if likely else "add the module to the catalog"
            yield Flaw(catalog.place(unit, "module"), f"there is no module {shown(name)}", hint)
