"""A deployment's version is an exact one or a range, and the module's version meets it.

Why:
    A range that nothing meets can never be deployed.
Mend:
    Write a range in npm's syntax that takes the module's version in: `^1.2.0` takes everything from
    1.2.0 up to, but not including, 2.0.0.
Bad:
    version: ^2.0.0   # the module is at 1.4.0
Good:
    version: ^1.0.0
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.judging.versions import admits, is_range
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown


@catalog_rule(__doc__, "deployment/version")
def version(catalog: CatalogView) -> Iterator[Flaw]:
    """Every deployment's, as a range and against its module."""
    modules = catalog.facts(UnitKind.MODULE)
    for unit, facts in catalog.of(UnitKind.DEPLOYMENT):
        wish = facts["version"]
        if not is_range(wish):
            message = f"{shown(wish)} is neither a version nor a range"
            yield Flaw(catalog.place(unit, "version"), message, "such as 1.2.0, ^1.2.0 or >=1.2 <2")
            continue
        there = modules.get(facts["module"], {}).get("version")
        if there and not admits(wish, there):
            message = f"nothing meets {shown(wish)}: `{facts['module']}` is at {there}"
            yield Flaw(catalog.place(unit, "version"), message, f"write `version: ^{there}`")
