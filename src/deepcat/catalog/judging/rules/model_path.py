"""The model that a module names is a file in its folder.

Why:
    What is not there cannot be served, and a path that leaves the folder is not followed.
Mend:
    Correct the path, add the file, or give `source` with the address to fetch it from.
Bad:
    model:
      path: /data/model.tar.gz
Good:
    model:
      path: model.tar.gz
"""

from collections.abc import Iterator

from deepcat.catalog.judging.references import file_flaws
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "model/path", UnitKind.MODULE, needs="model")
def path(view: View) -> Iterator[Flaw]:
    """The path."""
    if "path" in view.data["model"]:
        yield from file_flaws(view, view.data["model"]["path"], "model", "path")
