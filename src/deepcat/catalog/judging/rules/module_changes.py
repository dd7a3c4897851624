"""The list of changes speaks of versions up to the current one, newest first.

Why:
    A change of a version that does not exist yet is a slip: either the entry or the module's
    `version` is wrong.
Mend:
    Raise `version`, or correct the entry; put the newest on top.
Bad:
    version: 1.0.0
    changes:
      - version: 1.1.0
Good:
    version: 1.1.0
    changes:
      - version: 1.1.0
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.judging.versions import order
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "module/changes", UnitKind.MODULE, needs="changes")
def changes(view: View) -> Iterator[Flaw]:
    """Each change against the module's version and against the change above it."""
    current, above = view.data.get("version"), None
    for pointer, change in view.each("changes"):
        version = change.get("version")
        if not version:
            continue
        if current and order(version) > order(current):
            message = f"a change of {version}, but the module's version is {current}"
            hint = f"write `version: {version}` above, or correct this one"
            yield Flaw(view.place(*pointer, "version"), message, hint)
        elif above and order(version) > order(above):
            message = f"{version} stands below {above}"
            yield Flaw(view.place(*pointer, "version"), message, "put the newest version on top")
        above = version
