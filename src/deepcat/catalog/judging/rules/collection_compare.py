"""A collection that is shown side by side has two modules or more.

Why:
    One module stands beside nothing: the page would leave the comparison out, without a word.
Mend:
    Name another module, or remove `compare`.
Bad:
    modules: [iris-classifier]
    compare: true
Good:
    modules: [iris-classifier, digits-classifier]
    compare: true
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "collection/compare", UnitKind.COLLECTION, needs="compare")
def compare(view: View) -> Iterator[Flaw]:
    """Whether there is something to hold against each other."""
    modules = view.data.get("modules")
    if view.data["compare"] is True and isinstance(modules, list) and len(modules) == 1:
        hint = "name another module, or remove `compare`"
        yield Flaw(view.place("compare"), "one module cannot be compared", hint)
