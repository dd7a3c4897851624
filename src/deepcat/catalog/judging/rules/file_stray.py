"""Every file lies where it is read.

Why:
    A cloud or deployment in a subfolder, or with another ending than `.yaml`, and a file beside the
    modules' folders, has no effect at all, which is easily overlooked.
Mend:
    Rename or move it: `modules/<name>/module.yaml`, `clouds/<name>.yaml`,
    `deployments/<name>.yaml`.
Bad:
    deployments/plants.yml
Good:
    deployments/plants.yaml
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Place, Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "file/stray", UnitKind.STRAY, severity=Severity.HINT)
def stray(view: View) -> Iterator[Flaw]:
    """The file itself, unless it is a note for readers."""
    name = view.unit.path.rpartition("/")[2]
    if not name.startswith(".") and name != "README.md":
        hint = "move it into a module's folder, or to `<name>.yaml` beside the others"
        yield Flaw(Place(view.unit.path), "nothing reads this file here", hint)
