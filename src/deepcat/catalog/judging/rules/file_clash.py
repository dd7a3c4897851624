"""No two files of a module differ only by capitals.

Why:
    On Windows and macOS both are one file, and one of the two is lost on checkout.
Mend:
    Rename or remove one of them.
Bad:
    README.md, readme.md
Good:
    README.md
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown


@unit_rule(__doc__, "file/clash", UnitKind.MODULE, UnitKind.DATASET)
def clash(view: View) -> Iterator[Flaw]:
    """Every second file of one folded name."""
    first: dict[str, str] = {}
    for name in view.files:
        other = first.setdefault(name.casefold(), name)
        if other != name:
            message = f"this file and {shown(other)} differ only by capitals"
            yield Flaw(view.file_place(name), message, "rename or remove one of them")
