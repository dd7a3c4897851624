"""A deployment names its owner.

Why:
    The owner is asked when something is wrong with it, and it counts against the owner's quota.
Mend:
    Add `owner` with a handle on the forge.
Bad:
    module: half-plus-two
Good:
    module: half-plus-two
    owner: ada
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "deployment/owner", UnitKind.DEPLOYMENT, severity=Severity.HINT, needs="module")
def owner(view: View) -> Iterator[Flaw]:
    """Whether there is one."""
    if not view.data.get("owner"):
        yield Flaw(view.place("owner"), "nobody answers for this deployment", "add `owner`")
