"""The name inside a file is the name of its folder or file.

Why:
    With two names, nobody knows by which to find it.
Mend:
    Change the `name`, or rename the folder or file.
Bad:
    # modules/iris/module.yaml
    name: irises
Good:
    # modules/iris/module.yaml
    name: iris
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown


@unit_rule(__doc__, "unit/same-name", UnitKind.CLOUD, UnitKind.MODULE, needs="name")
def same_name(view: View) -> Iterator[Flaw]:
    """The document's name against the path's."""
    if view.data["name"] != view.unit.name:
        message = f"the name {shown(view.data['name'])} stands in `{view.unit.path}`"
        yield Flaw(
            view.place("name"), message, f"write `name: {view.unit.name}`, or rename the other"
        )
