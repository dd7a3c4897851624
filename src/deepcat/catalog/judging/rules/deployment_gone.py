"""A deployment uses a module that is still in the catalog.

Why:
    What runs of a module that was taken away goes on from the commit that carried it, and so does a
    wish for one exact version; but nobody mends it any more, and nothing new begins by a range.
Mend:
    Deploy another module, or take the deployment away.
Bad:
    module: iris-old   # was taken away
Good:
    module: iris-classifier
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.choosing import Choice
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind


@catalog_rule(__doc__, "deployment/gone", severity=Severity.HINT)
def gone(catalog: CatalogView) -> Iterator[Flaw]:
    """Every deployment's module."""
    modules = catalog.facts(UnitKind.MODULE)
    for unit, facts in catalog.of(UnitKind.DEPLOYMENT):
        name = facts["module"]
        if not name or name in modules:
            continue
        found = catalog.chosen(name, facts["version"])
        place = catalog.place(unit, "module")
        if isinstance(found, Choice) and found.carried:
            where = f"{found.carried.version} of commit {found.carried.commit[:12]} goes on"
            yield Flaw(place, f"{found.why}; {where}", "deploy another module")
        elif found and not isinstance(found, Choice) and found.goes_on:
            yield Flaw(place, f"{found.why}; what runs goes on, nothing new begins", found.hint)
