"""A deployment to serve is of a module that brings a topology.

Why:
    Without a topology there is nothing to run.
Mend:
    Add `tosca.yaml` to the module, or deploy another one.
Bad:
    module: a-tool-without-topology
Good:
    module: half-plus-two
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import Whole
from deepcat.catalog.judging.rule import Flaw, whole_rule
from deepcat.catalog.reading.units import Kind


@whole_rule(__doc__, "deployment/topology")
def topology(whole: Whole) -> Iterator[Flaw]:
    """Every deployment's module."""
    modules = whole.facts(Kind.MODULE)
    for unit, facts in whole.of(Kind.DEPLOYMENT):
        module = modules.get(facts["module"])
        if module is not None and not module["topology"]:
            message = f"the module `{facts['module']}` has no topology and cannot run"
            yield Flaw(whole.place(unit, "module"), message, "add `tosca.yaml` to the module")
