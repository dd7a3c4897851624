"""Every sample of a module has a name of its own.

Why:
    Samples are called by their names on the page and in reports.
Mend:
    Rename one of them.
Bad:
    samples:
      - name: one
      - name: one
Good:
    samples:
      - name: one
      - name: two
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown


@unit_rule(__doc__, "sample/name", UnitKind.MODULE, needs="samples")
def name(view: View) -> Iterator[Flaw]:
    """Every second sample of one name."""
    seen = set()
    for pointer, sample in view.each("samples"):
        text = sample.get("name")
        if text in seen:
            place = view.place(*pointer, "name")
            yield Flaw(place, f"two samples have the name {shown(text)}", "rename one of them")
        seen.add(text or object())
