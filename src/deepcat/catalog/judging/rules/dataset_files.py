"""What of a data set lies in the catalog is there, as its checksums and its size say.

Why:
    A host that is given another file refuses it, and the training does not begin.
Mend:
    Bring the file back, or let `deepcat data add --replace` write what there is now.
Bad:
    address: datasets/digits/digits.csv
    bytes: 1
Good:
    address: datasets/digits/digits.csv
    bytes: 264712
"""

import hashlib
from collections.abc import Iterator

from deepcat.catalog.datasets import manifest_of
from deepcat.catalog.judging.own_data import own_file
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.host.data.address import CATALOG, address_of
from deepcat.host.failure import StepError

_HINT = "bring it back, or let `deepcat data add --replace` write what there is now"


@unit_rule(__doc__, "dataset/files", UnitKind.DATASET, needs="address")
def files(view: View) -> Iterator[Flaw]:
    """Each file that the checksums name."""
    try:
        where = address_of(view.data["address"])
        found = manifest_of(view.data, lambda path: own_file(view, path))
    except (KeyError, ValueError, StepError, FileNotFoundError):
        return  # other rules say so
    if where.kind != CATALOG:
        return
    size, is_whole = 0, "sha256" in view.data
    for piece in found.pieces:
        path = where.base if is_whole else f"{where.base}/{piece.path}"
        try:
            content = own_file(view, path)
        except FileNotFoundError:
            message = f"there is no file `{path}` of this data set that can be read"
            hint = f"put it below `datasets/{view.unit.name}/`; what is too large lies elsewhere"
            yield Flaw(view.place("address"), message, hint)
            return
        size += len(content)
        if hashlib.sha256(content).hexdigest() != piece.sha256:
            yield Flaw(view.place("address"), f"`{path}` has another checksum than is told", _HINT)
    if view.data.get("bytes", size) != size:
        message = f"the files have {size} bytes together"
        yield Flaw(view.place("bytes"), message, f"write `bytes: {size}`")
