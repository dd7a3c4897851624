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

from deepcat.catalog.judging.catalog_view import Whole
from deepcat.catalog.judging.rule import Flaw, whole_rule
from deepcat.catalog.reading.units import Kind
from deepcat.catalog.wording import nearest, shown


@whole_rule(__doc__, "deployment/module")
def module(whole: Whole) -> Iterator[Flaw]:
    """Every deployment's."""
    modules = whole.facts(Kind.MODULE)
    for unit, facts in whole.of(Kind.DEPLOYMENT):
        name = facts["module"]
        if name and name not in modules:
            likely = nearest(name, modules)
            hint = f"did you mean `{likely}`?" if likely else "add the module to the catalog"
            yield Flaw(whole.place(unit, "module"), f"there is no module {shown(name)}", hint)
