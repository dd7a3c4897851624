"""No file is larger than the catalog allows, 10 MB unless `deepcat.yaml` says otherwise.

Why:
    Git keeps every version of every file for ever. Weights of some hundred megabytes make each
    clone slow for everyone. Files above the limit are not even read.
Mend:
    Publish the weights elsewhere, and give their address as `model.source` with the checksum.
    `limits.weights_MB` in `deepcat.yaml` sets the limit.
Bad:
    model:
      path: model.tar.gz   # 240 MB
Good:
    model:
      source: https://example.org/model-1.2.0.tar.gz
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import MEGABYTE, View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "file/size", *UnitKind)
def size(view: View) -> Iterator[Flaw]:
    """Every file above the limit."""
    for name, entry in view.files.items():
        if entry.size > view.limit:
            message = (
                f"{entry.size / MEGABYTE:,.1f} MB; at most {view.limit / MEGABYTE:g} are allowed"
            )
            hint = "publish it elsewhere, and give its address as `model.source` or as a link"
            yield Flaw(view.file_place(name), message, hint)
