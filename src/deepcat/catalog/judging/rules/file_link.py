"""A unit holds files, not symbolic links.

Why:
    A link can lead out of the module's folder to any file of the machine that reads it. No link is
    followed, so what it stands for would be missing.
Mend:
    Put the file itself in its place.
Bad:
    weights.h5 -> /data/weights.h5
Good:
    links:
      weights: https://example.org/weights.h5
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "file/link", *UnitKind)
def link(view: View) -> Iterator[Flaw]:
    """Every link of the unit."""
    for name, entry in view.files.items():
        if entry.is_link:
            hint = "put the file itself in its place"
            yield Flaw(
                view.file_place(name), "this is a symbolic link; links are not followed", hint
            )
