"""The picks of `deepcat.yaml` are modules of the catalog.

Why:
    They stand first on the website; a name that does not exist leaves a gap.
Mend:
    Correct the name, or remove it.
Bad:
    picks: [half-plus-tow]
Good:
    picks: [half-plus-two]
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import Whole
from deepcat.catalog.judging.rule import Flaw, whole_rule
from deepcat.catalog.reading.units import Kind
from deepcat.catalog.wording import nearest, shown


@whole_rule(__doc__, "catalog/pick")
def pick(whole: Whole) -> Iterator[Flaw]:
    """Every pick."""
    modules = whole.facts(Kind.MODULE)
    for unit, facts in whole.of(Kind.CATALOG):
        for index, name in enumerate(facts["picks"]):
            if name is not None and name not in modules:
                likely = nearest(name, modules)
                hint = f"did you mean `{likely}`?" if likely else "remove it"
                yield Flaw(
                    whole.place(unit, "picks", index), f"there is no module {shown(name)}", hint
                )
