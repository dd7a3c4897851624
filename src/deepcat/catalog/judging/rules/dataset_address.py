"""Data is named by an address that can be fetched from, and by what it must have.

Why:
    A training begins when its data lies on its host. What no host can fetch is refused here, and
    not after somebody has paid for the host; data without a checksum might be any.
Mend:
    Write the address in one of the forms that the guide on data names. In a module or a wish name
    a data set of the catalog, or an address with its `sha256` (of a folder `sums`) and `bytes`.
Bad:
    address: ftp://example.org/digits.csv
Good:
    address: https://example.org/digits.csv
"""

from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.catalog.datasets import faults, form_fault
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.profile import Pointer
from deepcat.catalog.reading.units import UnitKind

_BOTH = (
    "name a data set as `dataset`, or all of `address`, `sha256` (of a folder `sums`) and `bytes`;"
    " of what is mounted `address` alone"
)


@unit_rule(__doc__, "dataset/address", UnitKind.DATASET, UnitKind.MODULE, UnitKind.DEPLOYMENT)
def address(view: View) -> Iterator[Flaw]:
    """The address of a data set, and those of a module's or a wish's own."""
    if view.unit.kind is UnitKind.DATASET:
        yield from _fault(view, view.data, ())
        return
    start = ("training", "data") if view.unit.kind is UnitKind.MODULE else ("data",)
    given: Any = view.data
    for key in start:
        given = given.get(key, {})
    for name, each in given.items():
        if fault := form_fault(each):
            yield Flaw(view.place(*start, name), f"`{name}` {fault}", _BOTH)
        yield from _fault(view, each, (*start, name))


def _fault(view: View, data: Mapping[str, Any], start: Pointer) -> Iterator[Flaw]:
    for each in faults(data):
        yield Flaw(view.place(*start, each.key), each.message, each.hint)
