"""The topology that a module names is a file in its folder.

Why:
    What is not there cannot be deployed, and a path that leaves the folder is not followed.
Mend:
    Correct the path, or add the file. Without `topology`, `tosca.yaml` is read if it is there.
Bad:
    topology: ../iris/tosca.yaml
Good:
    topology: tosca.yaml
"""

from collections.abc import Iterator

from deepcat.catalog.judging.references import file_flaws
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "module/topology", UnitKind.MODULE, needs="topology")
def topology(view: View) -> Iterator[Flaw]:
    """The path."""
    yield from file_flaws(view, view.data["topology"], "topology")
