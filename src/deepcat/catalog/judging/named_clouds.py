"""Clouds that files of a catalog name, which are to be its own."""

from __future__ import annotations

from collections.abc import Iterator

from deepcat.catalog.judging.catalog_view import CatalogView
from deepcat.catalog.judging.rule import Flaw
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import nearest, shown


def unknown(catalog: CatalogView, kind: UnitKind, fact: str, *path: str) -> Iterator[Flaw]:
    """A flaw for every name of no cloud.

    Args:
        catalog: the view of all of it.
        kind: of the files that name clouds.
        fact: of such a file: the names, None for what is none.
        path: where they stand in it.
    """
    clouds = catalog.facts(UnitKind.CLOUD)
    for unit, facts in catalog.of(kind):
        for index, name in enumerate(facts[fact]):
            if name is not None and name not in clouds:
                likely = nearest(name, clouds)
                hint = f"did you mean `{likely}`?" if likely else f"add `clouds/{name}.yaml`"
                yield Flaw(
                    catalog.place(unit, *path, index), f"there is no cloud {shown(name)}", hint
                )
