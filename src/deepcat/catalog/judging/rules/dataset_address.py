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

from deepcat.catalog.datasets import form_fault
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.profile import Pointer
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.stores import is_in_the_open
from deepcat.catalog.wording import shown
from deepcat.host.data.address import MOUNT, address_of, is_only_mounted, mount_fault

_OPEN = ("catalog", "file", "nfs", "claim")
_FORMS = "see the guide on data for the forms that there are"
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
    if "address" not in data:
        return
    place = view.place(*start, "address")
    try:
        where = address_of(data["address"])
    except ValueError as error:
        yield Flaw(place, f"the address {shown(data['address'])} {error}", _FORMS)
        return
    if data.get("how") == MOUNT and (fault := mount_fault(where)):
        message = f"what lies at {shown(data['address'])} cannot be mounted: it {fault}"
        yield Flaw(place, message, "take `how: mount` away")
    if data.get("how") != MOUNT and is_only_mounted(where):
        message = f"nothing fetches what lies at {shown(data['address'])}"
        yield Flaw(place, message, "mount it: `how: mount`")
    asked = [data["address"], where.remote]
    endpoint = str(data.get("endpoint") or "")
    if where.store == "swift" or data.get("how") == MOUNT:
        asked.append(endpoint)  # it is told the secret itself
    is_plain = any(each.startswith("http:") for each in asked)
    if "credential" in data and (is_plain or (where.store == "s3" and is_in_the_open(endpoint))):
        message = "the address is asked without encryption, and a credential would go along"
        yield Flaw(place, message, "use `https:` or `webdavs:`")
    if "credential" in data and where.kind == "doi" and "hosts" not in data:
        message = "whoever holds a DOI says where it leads, and a credential would go along"
        hint = "name the `hosts` that may be told it, or give the address that the DOI leads to"
        yield Flaw(view.place(*start, "credential"), message, hint)
    if "hosts" in data and not ("credential" in data and where.kind == "doi"):
        message = "`hosts` says who may be told the `credential` of a DOI, and there is none"
        yield Flaw(view.place(*start, "hosts"), message, "take `hosts` away")
    if "credential" in data and where.kind in _OPEN:
        message = "nobody is let in by a secret to what lies in the catalog, on a host or a cluster"
        yield Flaw(view.place(*start, "credential"), message, "take `credential` away")
