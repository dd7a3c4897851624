"""A deployment uses a module that is not deprecated.

Why:
    Its authors no longer stand behind it.
Mend:
    Deploy the module that replaces it.
Bad:
    module: iris-old
Good:
    module: iris-classifier
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind


@catalog_rule(__doc__, "deployment/deprecated", severity=Severity.HINT)
def deprecated(catalog: CatalogView) -> Iterator[Flaw]:
    """Every deployment's module."""
    modules = catalog.facts(UnitKind.MODULE)
    for unit, facts in catalog.of(UnitKind.DEPLOYMENT):
        module = modules.get(facts["module"], {})
        if module.get("deprecated"):
            after = module["replaced_by"]
            hint = f"deploy `{after}`" if after else "look for another module"
            message = f"the module `{facts['module']}` is deprecated"
            yield Flaw(catalog.place(unit, "module"), message, hint)
