"""The list of changes says what the current version brought.

Why:
    Whoever uses the module wants to know what an update will change for them.
Mend:
    Add an entry to `changes` for the version.
Bad:
    version: 1.1.0
    changes:
      - version: 1.0.0
Good:
    version: 1.1.0
    changes:
      - version: 1.1.0
      - version: 1.0.0
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(
    __doc__, "module/current-change", UnitKind.MODULE, severity=Severity.HINT, needs="version"
)
def current_change(view: View) -> Iterator[Flaw]:
    """Whether an entry bears the module's version."""
    version = view.data["version"]
    if not any(change.get("version") == version for _, change in view.each("changes")):
        hint = "add an entry with version, date, kind and text"
        message = f"`changes` says nothing of version {version}"
        yield Flaw(view.place("changes" if "changes" in view.data else "version"), message, hint)
