"""`replaced_by` names another module of the catalog that is not deprecated itself.

Why:
    Readers are led there. A name that does not exist, or that leads back, leaves them nowhere.
Mend:
    Name the module that is to be used now, or leave the key out.
Bad:
    deprecated:
      replaced_by: iris-classifer
Good:
    deprecated:
      replaced_by: iris-classifier
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import nearest, shown


@catalog_rule(__doc__, "module/replaced-by")
def replaced_by(catalog: CatalogView) -> Iterator[Flaw]:
    """Every deprecated module's."""
    modules = catalog.facts(UnitKind.MODULE)
    for unit, facts in catalog.of(UnitKind.MODULE):
        name = facts["replaced_by"]
        if not name:
            continue
        if name == unit.name:
            message, hint = "a module cannot replace itself", "name another module"
        elif name not in modules:
            likely = nearest(name, modules)
            message = f"there is no module {shown(name)}"
            hint = f"did you mean `{likely}`?" if likely else "name a module of this catalog"
        elif modules[name]["deprecated"]:
            message = f"{shown(name)} is deprecated itself"
            after = modules[name]["replaced_by"]
            hint = f"name `{after}`" if after and after != unit.name else "name a module in use"
        else:
            continue
        yield Flaw(catalog.place(unit, "deprecated", "replaced_by"), message, hint)
