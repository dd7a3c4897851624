"""Every text file is UTF-8.

Why:
    In any other encoding a program can only guess, and shows wrong letters or none.
Mend:
    Save the file as UTF-8; every editor can.
Bad:
    README.md in Latin-1
Good:
    README.md in UTF-8
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.parse import not_utf8
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "file/utf8", UnitKind.MODULE, UnitKind.DATASET)
def utf8(view: View) -> Iterator[Flaw]:
    """Every text of a module but `module.yaml`, of which the parser speaks."""
    for name in view.text_names():
        content = view.content(name)
        if content is None or content.isascii() or view.path(name) == view.unit.document:
            continue
        try:
            content.decode()
        except UnicodeDecodeError as error:
            found = not_utf8(view.path(name), content, error.start)
            yield Flaw(found.place, found.message, found.hint)
