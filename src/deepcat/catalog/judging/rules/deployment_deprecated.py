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
from deepcat.catalog.judging.catalog_view import Whole
from deepcat.catalog.judging.rule import Flaw, whole_rule
from deepcat.catalog.reading.units import Kind


@whole_rule(__doc__, "deployment/deprecated", severity=Severity.HINT)
def deprecated(whole: Whole) -> Iterator[Flaw]:
    """Every deployment's module."""
    modules = whole.facts(Kind.MODULE)
    for unit, facts in whole.of(Kind.DEPLOYMENT):
        module = modules.get(facts["module"], {})
        if module.get("deprecated"):
            after = module["replaced_by"]
            hint = f"deploy `{after}`" if after else "look for another module"
            message = f"the module `{facts['module']}` is deprecated"
            yield Flaw(whole.place(unit, "module"), message, hint)
