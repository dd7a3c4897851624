"""The clouds that a deployment allows are clouds of the catalog.

Why:
    A name that does not exist allows nothing, and the deployment may find no place.
Mend:
    Correct the name, or add `clouds/<name>.yaml`.
Bad:
    placement:
      clouds: [locl]
Good:
    placement:
      clouds: [local]
"""

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.named_clouds import unknown
from deepcat.catalog.judging.rule import Flaw, catalog_rule
from deepcat.catalog.reading.units import UnitKind


@catalog_rule(__doc__, "deployment/cloud")
def cloud(catalog: CatalogView) -> Iterator[Flaw]:
    """Every cloud of every deployment."""
    return unknown(catalog, UnitKind.DEPLOYMENT, "clouds", "placement", "clouds")
