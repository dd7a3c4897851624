"""The training script that a module names is a file in its folder.

Why:
    Without it nobody can make the model again.
Mend:
    Correct the path, or add the file.
Bad:
    training:
      script: src/train.py
Good:
    training:
      script: train.py
"""

from collections.abc import Iterator

from deepcat.catalog.judging.references import file_flaws
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "training/script", UnitKind.MODULE, needs="training")
def script(view: View) -> Iterator[Flaw]:
    """The path."""
    if "script" in view.data["training"]:
        yield from file_flaws(view, view.data["training"]["script"], "training", "script")
