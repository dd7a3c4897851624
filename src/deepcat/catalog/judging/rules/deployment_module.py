"""A deployment names a module that is in the catalog, or was in a version that the wish takes.

Why:
    What was never there cannot be deployed.
Mend:
    Correct the name, or add the module.
Bad:
    module: iris-clasifier
Good:
    module: iris-classifier
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.choosing import Choice
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import nearest, shown


@catalog_rule(__doc__, "deployment/module")
def module(catalog: CatalogView) -> Iterator[Flaw]:
    """Every deployment's."""
    modules = catalog.facts(UnitKind.MODULE)
    for unit, facts in catalog.of(UnitKind.DEPLOYMENT):
        name = facts["module"]
        if not name or name in modules:
            continue
        found = catalog.chosen(name, facts["version"])
        if isinstance(found, Choice) or (found and found.goes_on):
            continue  # `deployment/gone` says so
        likely = nearest(name, modules)
        hint = f"did you mean `{likely}`?" if likely else "add the module to the catalog"
        why = found.why if found else f"there is no module {shown(name)}"
        hint = found.hint if found and found.hint else hint
        yield Flaw(catalog.place(unit, "module"), why, hint)
