"""The model's archive has the files that its graph reads: assets, and all of its variables.

Why:
    A server refuses a model of which a file is missing, once everything else is deployed.
Mend:
    Pack the whole folder anew from where the model was saved, with `variables` and `assets`.
Bad:
    model.tar.gz with saved_model.pb and variables/variables.index
Good:
    model.tar.gz with saved_model.pb, variables/variables.index and
    variables/variables.data-00000-of-00001
"""

from collections.abc import Iterator
from itertools import islice

from deepcat.catalog.judging.models import contents
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.needed import lacking
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown

# Nobody reads more of one archive.
_MOST = 20


@unit_rule(__doc__, "model/files", UnitKind.MODULE, needs="model")
def files(view: View) -> Iterator[Flaw]:
    """Of an archive inside the folder that can be unpacked."""
    found = contents(view)
    if found is None or found.faults or found.saved_model is None:
        return
    try:
        missing = list(islice(lacking(found.saved_model, found.beside), _MOST))
    except ValueError:
        # Told by model/operation.
        return
    for path in missing:
        message = f"`{view.data['model']['path']}` lacks {shown(path)}, which the model reads"
        hint = "pack the whole folder anew from where the model was saved"
        yield Flaw(view.place("model", "path"), message, hint)
