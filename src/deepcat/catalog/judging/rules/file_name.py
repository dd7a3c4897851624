"""Every file's name is good on every system.

Why:
    Windows cannot check out a file named `con` or `a:b`, and a name with hidden characters is a
    trap for whoever reads the pull request.
Mend:
    Rename the file; letters, digits, `-`, `_` and `.` always do.
Bad:
    samples/con.json
Good:
    samples/convolution.json
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.paths import name_fault
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown


@unit_rule(__doc__, "file/name", *UnitKind)
def file_name(view: View) -> Iterator[Flaw]:
    """Every part of every path below the unit's folder."""
    seen = set()
    for name in view.files:
        parts = name.split("/")
        for end, part in enumerate(parts, 1):
            path = "/".join(parts[:end])
            fault = name_fault(part) if path not in seen else ""
            seen.add(path)
            if fault:
                hint = "use letters, digits, `-`, `_` and `.`"
                yield Flaw(
                    view.file_place(path), f"the name {shown(part)} will not do: {fault}", hint
                )
