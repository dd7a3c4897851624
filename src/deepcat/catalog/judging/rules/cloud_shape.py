"""Every shape of a cloud has a name of its own.

Why:
    Plans choose a shape by its name; of two, one would never be chosen.
Mend:
    Rename or remove one of them.
Bad:
    shapes:
      - name: gpu
      - name: gpu
Good:
    shapes:
      - name: gpu-small
      - name: gpu-large
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown


@unit_rule(__doc__, "cloud/shape", UnitKind.CLOUD, needs="shapes")
def shape(view: View) -> Iterator[Flaw]:
    """Every second shape of one name."""
    seen = set()
    for pointer, item in view.each("shapes"):
        name = item.get("name")
        if name in seen:
            place = view.place(*pointer, "name")
            yield Flaw(place, f"two shapes have the name {shown(name)}", "rename one of them")
        seen.add(name or object())
