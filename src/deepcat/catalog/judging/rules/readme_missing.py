"""A module has a README that a reader can learn from.

Why:
    It is the module's page: what it does, on which data it was trained, how good it is, and where
    its limits are.
Mend:
    Write `README.md`; `deepcat new module` makes one with these headings.
Bad:
    modules/iris/module.yaml
Good:
    modules/iris/module.yaml, modules/iris/README.md
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Place, Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "readme/missing", UnitKind.MODULE, severity=Severity.HINT)
def missing(view: View) -> Iterator[Flaw]:
    """Whether there is one with words in it."""
    if not (view.content("README.md") or b"").strip() and not (
        "README.md" in view.files and view.files["README.md"].size > view.readme_limit
    ):
        hint = "write what the module does, its data, its figures and its limits"
        yield Flaw(Place(view.unit.path), "the module has no `README.md`", hint)
