"""No two modules have the same title.

Why:
    Side by side on a page, a reader could not tell them apart.
Mend:
    Say in the title what sets the module apart.
Bad:
    title: Classifier
Good:
    title: Iris classifier
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind


@catalog_rule(__doc__, "module/title", severity=Severity.HINT)
def title(catalog: CatalogView) -> Iterator[Flaw]:
    """Every second module of one title."""
    first: dict[str, str] = {}
    for unit, facts in catalog.of(UnitKind.MODULE):
        folded = " ".join(facts["title"].casefold().split())
        if not folded or facts["deprecated"]:
            continue
        other = first.setdefault(folded, unit.name)
        if other != unit.name:
            message = f"`{other}` has the same title"
            yield Flaw(catalog.place(unit, "title"), message, "say what sets this one apart")
