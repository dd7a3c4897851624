"""What may be taken down: what is recorded, and what is there though no record says so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import UsageError
from deepcat.records.record import Record

if TYPE_CHECKING:
    from deepcat.catalog.reading.work_tree import WorkTree
    from deepcat.catalog.values import Catalog, Cloud
    from deepcat.loop.formers import Formers


def known_records(root: Path, clouds: Mapping[str, Cloud]) -> dict[str, Record]:
    """Name -> its record, else one of what its owner tag says."""
    from deepcat.loop.observation import observe
    from deepcat.records.store import Store

    tagged = observe(root, clouds).tagged()
    return {name: Record(state) for name, state in tagged.items()} | Store(root).read_all()


def work_at_hand(root: Path) -> tuple[WorkTree, Catalog, str, Formers]:
    """The files as they lie, whatever is wrong with them: to take something down needs no more.

    Returns:
        the tree, what of it can be read, the commit that it is (empty when it has other content),
        and what finds what deployments were made from.
    """
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.loop.formers import Formers

    tree = work_tree(root)
    catalog = load(tree)
    commit = "" if tree.is_changed else tree.commit
    return tree, catalog, commit, Formers(root, tree, catalog, commit)


def require(names: Iterable[str], known: Collection[str]) -> list[str]:
    """The names, sorted, each once.

    Raises:
        UsageError: nothing is known of one of them.
    """
    wanted = set(names)
    if unknown := sorted(wanted.difference(known)):
        raise UsageError(
            f"nothing is known of a deployment `{unknown[0]}`",
            hint=f"known are: {', '.join(sorted(known)) or 'none'}",
        )
    return sorted(wanted)
