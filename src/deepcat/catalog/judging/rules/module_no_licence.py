"""A module says under which licence it may be used.

Why:
    Without a licence nobody may use the module at all, whatever its page says.
Mend:
    Add `license` with an SPDX identifier. If the module is not yours, ask its authors.
Bad:
    title: Iris classifier
Good:
    title: Iris classifier
    license: Apache-2.0
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "module/no-licence", UnitKind.MODULE, severity=Severity.HINT, needs="title")
def no_licence(view: View) -> Iterator[Flaw]:
    """Whether there is one."""
    if view.data.get("license", "NOASSERTION") == "NOASSERTION":
        hint = "add `license` with an SPDX identifier, such as `Apache-2.0`"
        yield Flaw(view.place("license"), "nobody may use a module without a licence", hint)
