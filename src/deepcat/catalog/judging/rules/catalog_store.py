"""The `store` of models is of a kind that there is, and every word beside its address counts there.

Why:
    A word that is taken and then ignored lets somebody believe in what is not so. A store that does
    not do it is found out when a training has ended, which is late.
Mend:
    Write the address as `file:///…`, `s3://…`, `webdavs://…`, `swift://…`, `oci://…`, `lfs://…`,
    `github-release://…`, `gitlab-release://…`, `forgejo-release://…` or `gitea-release://…`, name
    the `public` address (of a registry and a forge it is known), and take away what the message
    names.
Bad:
    store: {address: "swift://models/deepcat", public: "https://objects.example.org/models"}
Good:
    store: {address: "oci://registry.example.org/lab/models"}
"""

from collections.abc import Iterator

from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.stores import faults


@unit_rule(__doc__, "catalog/store", UnitKind.CATALOG, needs="store")
def store(view: View) -> Iterator[Flaw]:
    """The store's settings."""
    for each in faults(view.data["store"]):
        yield Flaw(view.place("store", each.key), each.message, each.hint)
