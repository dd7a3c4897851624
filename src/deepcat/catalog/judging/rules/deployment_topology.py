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

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind


@catalog_rule(__doc__, "deployment/topology")
def topology(catalog: CatalogView) -> Iterator[Flaw]:
    """Every deployment's module."""
    for unit, facts in catalog.of(UnitKind.DEPLOYMENT):
        version = catalog.version_of(facts)
        modules = catalog.facts(UnitKind.MODULE)
        module = version.verdict.facts if version else modules.get(facts["module"])
        is_trained = module is not None and facts["profile"] == "train" and module["training"]
        is_made = is_trained or facts["profile"] == "develop"
        if module is not None and not module["topology"] and not is_made:
            message = f"the module `{facts['module']}` has no topology and cannot run"
            yield Flaw(catalog.place(unit, "module"), message, "add `tosca.yaml` to the module")
