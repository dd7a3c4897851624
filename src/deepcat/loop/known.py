"""What may be taken down: what is recorded, and what is there though no record says so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.catalog.wording import unknown
from deepcat.errors import DeepcatError
from deepcat.plan.trial import OF
from deepcat.records.record import Record

if TYPE_CHECKING:
    from deepcat.catalog.reading.work_tree import WorkTree
    from deepcat.catalog.values import Catalog, Cloud
    from deepcat.loop.formers import Formers
    from deepcat.records.store import Store


def known_records(root: Path, clouds: Mapping[str, Cloud], store: Store) -> dict[str, Record]:
    """Name -> its record, else one of what its owner tag says."""
    from deepcat.loop.observation import observe

    tagged = observe(root, clouds).tagged()
    return {name: Record(state) for name, state in tagged.items()} | store.read_all()


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
    if strangers := sorted(wanted.difference(known)):
        raise unknown("deployment", strangers[0], known)
    return sorted(wanted)


def with_trials(names: Iterable[str], records: Mapping[str, Record]) -> tuple[str, ...]:
    """The names, with those of its trainings in place of one that asks for a sweep."""
    found: list[str] = []
    for name in names:
        trials = [each for each, record in records.items() if record.state.asked.get(OF) == name]
        found += trials if trials and name not in records else [name, *trials]
    return tuple(dict.fromkeys(found))


def wished(root: Path) -> set[str]:
    """The names of the wishes that lie in the files, whatever is wrong with them."""
    return {path.stem for path in (root / "deployments").glob("*.yaml")}


def recorded(root: Path, name: str, code: str = "") -> Record:
    """The record of a deployment.

    Args:
        root: the catalog's folder.
        name: of the deployment.
        code: of the error.

    Raises:
        UsageError: there is no such deployment.
        DeepcatError: it is wished, and was never brought up.
    """
    from deepcat.records.clone import open_store

    records = open_store(root).read_all()
    if name in records:
        return records[name]
    wishes = wished(root)
    if name in wishes:
        raise DeepcatError(
            f"`{name}` is wished, and was never brought up",
            hint=f"bring it up with `deepcat apply {name}`",
            code=code,
        )
    raise unknown("deployment", name, records.keys() | wishes, code=code)
