"""A deployment's version, or range of versions, is met by one that the module has or had.

Why:
    A range that nothing meets can never be deployed. The module's version of now comes first; where
    it does not fit, the highest that history carried is taken, and must pass the rules of today.
Mend:
    Write a version, or a range in npm's syntax that takes one in: `^1.2.0` takes everything from
    1.2.0 up to, but not including, 2.0.0.
Bad:
    version: ^2.0.0   # the module is at 1.4.0
Good:
    version: ^1.0.0
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.choosing import Choice
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.judging.verdict import Version
from deepcat.catalog.judging.versions import is_range
from deepcat.catalog.reading.units import Unit, UnitKind
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
        if not catalog.is_elsewhere(facts):
            continue
        there = modules.get(facts["module"], {}).get("version")
        found = catalog.chosen(facts["module"], wish)
        if isinstance(found, Choice):
            yield from _broken(catalog, unit, facts["module"], found)
        elif there:
            message = f"nothing meets {shown(wish)}: `{facts['module']}` is at {there}"
            message = found.why if found and found.why else message
            hint = found.hint if found and found.hint else f"write `version: ^{there}`"
            yield Flaw(catalog.place(unit, "version"), message, hint)


def _broken(catalog: CatalogView, unit: Unit, name: str, choice: Choice) -> Iterator[Flaw]:
    """What today's rules have against the version that history carried."""
    version = catalog.version(name, choice)
    wrong = [each for each in version.verdict.findings if each.is_error] if version else []
    if version and wrong:
        yield not_passing(catalog, unit, version, f"{wrong[0].place}: {wrong[0].message}")


def not_passing(catalog: CatalogView, unit: Unit, version: Version, why: str) -> Flaw:
    """That a wish is for a version with a fault, which the files that lie here need not have."""
    where = f"{version.carried.version} of commit {version.carried.commit[:12]}"
    place = catalog.place(unit, "version")
    return Flaw(place, f"{where} does not pass: {why}", "write another version")
