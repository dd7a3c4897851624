"""`base_model` names another module of the catalog.

Why:
    Readers follow it to what a model was made from.
Mend:
    Correct the name; a model from elsewhere is a link, `base_model` below `links`.
Bad:
    base_model: digit-classifier
Good:
    base_model: digits-classifier
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import nearest, shown


@catalog_rule(__doc__, "module/base-model")
def base_model(catalog: CatalogView) -> Iterator[Flaw]:
    """Every module's."""
    modules = catalog.facts(UnitKind.MODULE)
    for unit, facts in catalog.of(UnitKind.MODULE):
        name = facts["base_model"]
        if not name or (name in modules and name != unit.name):
            continue
        likely = nearest(name, modules)
        message = f"there is no module {shown(name)}"
        hint = f"did you mean `{likely}`?" if likely else "give its address, as a link"
        if name == unit.name:
            message, hint = "a module is not made from itself", "remove it, or name another module"
        yield Flaw(catalog.place(unit, "base_model"), message, hint)
