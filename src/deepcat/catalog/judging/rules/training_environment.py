"""The lock of a training's environment is a file in the module's folder.

Why:
    Without it nobody can make the environment that the model was trained in.
Mend:
    Correct the path, or add the file: `uv pip compile --generate-hashes` writes it.
Bad:
    training:
      environment: locks/requirements.lock
Good:
    training:
      environment: requirements.lock
"""

from collections.abc import Iterator

from deepcat.catalog.judging.references import file_flaws
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "training/environment", UnitKind.MODULE, needs="training")
def environment(view: View) -> Iterator[Flaw]:
    """The path."""
    if "environment" in view.data["training"]:
        lock = view.data["training"]["environment"]
        yield from file_flaws(view, lock, "training", "environment")
