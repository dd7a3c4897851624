"""A module names who maintains it.

Why:
    Only maintainers may change a module by a pull request of their own, and they are asked when
    someone else wants to.
Mend:
    Add `maintainers` with the handles on the forge.
Bad:
    title: Iris classifier
Good:
    title: Iris classifier
    maintainers: [ada]
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "module/maintainers", UnitKind.MODULE, severity=Severity.HINT, needs="title")
def maintainers(view: View) -> Iterator[Flaw]:
    """Whether there are some."""
    if not view.data.get("maintainers"):
        hint = "add `maintainers` with handles on the forge"
        yield Flaw(view.place("maintainers"), "no maintainer is named", hint)
