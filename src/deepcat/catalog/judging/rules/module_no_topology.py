"""A module that shall run brings a topology.

Why:
    Without one, its page can be read, but the module cannot be deployed.
Mend:
    Add `tosca.yaml`; `deepcat new module` writes one that fits most models.
Bad:
    modules/iris/module.yaml
Good:
    modules/iris/module.yaml, modules/iris/tosca.yaml
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind


@unit_rule(__doc__, "module/no-topology", UnitKind.MODULE, severity=Severity.HINT, needs="title")
def no_topology(view: View) -> Iterator[Flaw]:
    """Whether there is one."""
    if "topology" not in view.data and "tosca.yaml" not in view.files:
        hint = "add `tosca.yaml`, as `deepcat new module` writes it"
        yield Flaw(view.place(), "the module has no topology and cannot be deployed", hint)
