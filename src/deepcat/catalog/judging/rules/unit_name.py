"""All that a catalog holds has a plain name: small letters, digits and hyphens.

Why:
    The name becomes part of web addresses, folders, containers and inventories. Names such as
    `con` or `../x` are something else to some of them.
Mend:
    Rename the folder or file: up to 63 small letters, digits and hyphens, with a letter or digit at
    either end.
Bad:
    modules/My_Model/
Good:
    modules/my-model/
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Place
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.paths import NAME, is_reserved
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown


@unit_rule(
    __doc__,
    "unit/name",
    UnitKind.CLOUD,
    UnitKind.COLLECTION,
    UnitKind.DATASET,
    UnitKind.DEPLOYMENT,
    UnitKind.MODULE,
)
def unit_name(view: View) -> Iterator[Flaw]:
    """The folder's or file's name."""
    name = view.unit.name
    hint = "use small letters, digits and hyphens, such as `plant-classifier`"
    if not NAME.match(name):
        yield Flaw(Place(view.unit.path), f"{shown(name)} is no name for a {view.unit.kind}", hint)
    elif is_reserved(name):
        message = f"{shown(name)} is a device on Windows, which cannot check it out"
        yield Flaw(Place(view.unit.path), message, "choose another name")
    elif view.unit.kind is UnitKind.MODULE and name == "by":
        message = "`by` is where the website lists modules by their tasks"
        yield Flaw(Place(view.unit.path), message, "choose another name")
