"""A data set names its files by their checksums: one by `sha256`, or all by a `manifest`.

Why:
    The checksums are what a training is known by: the same data, the same training. What a source
    sends is held against them before any script sees it. What is mounted (`how: mount`) is held
    against nothing, and needs none.
Mend:
    Let `deepcat data add` write them, or `sha256sum`. A manifest lies below `datasets/<name>/`; its
    paths stay below the data set's folder, and no two of them are one where a system tells no
    capital letters.
Bad:
    address: https://example.org/birds/
Good:
    address: https://example.org/birds/
    manifest: datasets/birds/SHA256SUMS
"""

from collections.abc import Iterator

from deepcat.catalog.datasets import manifest_of
from deepcat.catalog.judging.own_data import own_file
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.host.data.address import MOUNT
from deepcat.host.failure import StepError

_HINT = "let `deepcat data add` write it, or `sha256sum`"


@unit_rule(__doc__, "dataset/manifest", UnitKind.DATASET)
def manifest(view: View) -> Iterator[Flaw]:
    """The checksum, or the list."""
    named = [key for key in ("sha256", "manifest") if key in view.data]
    if not named and view.data.get("how") == MOUNT:
        return
    if len(named) != 1:
        what = "both `sha256` and `manifest`" if named else "neither `sha256` nor `manifest`"
        yield Flaw(view.place(*named[:1]), f"the data set has {what}", _HINT)
        return
    place = view.place(named[0])
    try:
        count = len(manifest_of(view.data, lambda path: own_file(view, path)).pieces)
    except StepError as error:
        yield Flaw(place, error.message, error.hint)
        return
    except FileNotFoundError:
        message = f"there is no file `{view.data['manifest']}` of this data set"
        yield Flaw(place, message, f"it lies below `datasets/{view.unit.name}/`; {_HINT}")
        return
    except (KeyError, ValueError):
        return  # `dataset/address` says so
    if view.data.get("files", count) != count:
        message = f"the data set has {count} file{'s' if count > 1 else ''}, by its checksums"
        yield Flaw(view.place("files"), message, "correct `files`")
