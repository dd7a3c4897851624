"""The clouds on which modules are trained again are clouds of the catalog.

Why:
    On one that does not exist nothing is trained, and every week fails.
Mend:
    Correct the name, or add `clouds/<name>.yaml`.
Bad:
    reproduce: {clouds: [locl]}
Good:
    reproduce: {clouds: [local]}
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.named_clouds import unknown
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind


@catalog_rule(__doc__, "catalog/cloud")
def cloud(catalog: CatalogView) -> Iterator[Flaw]:
    """Every cloud that `reproduce` names."""
    return unknown(catalog, UnitKind.CATALOG, "reproduce", "reproduce", "clouds")
