"""The data of a training, laid beside the module's files as far as its host cannot fetch it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.catalog.settings import require_settings
from deepcat.host.data.address import CATALOG, address_of
from deepcat.host.data.wanted import FILES, SUMS
from deepcat.runs import fetched
from deepcat.secrets.resolve import resolve

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.catalog.values import Dataset
    from deepcat.runs.values import Ground
    from deepcat.tosca.topology import Topology


def lay(data: Iterable[Dataset], folder: Path, ground: Ground) -> None:
    """Lay what a host is brought of some data: the list of its files, and files of the catalog.

    Args:
        data: what is wanted.
        folder: of all data, among the files that the run brings.
        ground: of the run.

    Raises:
        StepError: it cannot be had (``data/…``).
        DeepcatError: its secret cannot be looked up (``secret/…``).
    """
    for each in data:
        if each.is_mounted:
            continue
        own = folder / each.digest
        own.mkdir(parents=True, exist_ok=True)
        (own / SUMS).write_text(each.manifest.text, "utf-8")
        where = address_of(each.address)
        if where.kind == CATALOG:
            _of_catalog(each, where.base, own / FILES, ground.tree)
        elif fetched.is_brought(each):
            settings = require_settings(ground.tree)
            found = fetched.here(each, fetched.folder(ground.root), settings, ground.tree.read)
            _linked(each, found.path, own / FILES)


def letting_in(topology: Topology, data: Iterable[Dataset]) -> dict[str, str]:
    """Name -> what lets a host in to data that it mounts; it stands in no file or variable here.

    Args:
        topology: whose trainings name data.
        data: all of it.

    Raises:
        DeepcatError: a secret cannot be looked up (``secret/…``).
    """
    known = {
        each.digest: str(each.data["credential"])
        for each in data
        if each.is_mounted and each.data.get("credential")
    }
    found = {}
    for node in topology.nodes.values() if known else ():
        for name, told in (node.properties.get("data") or {}).items():
            if reference := known.get(str(told["digest"])):
                found[str(name)] = resolve(reference, for_workload=True)
    return found


def _linked(data: Dataset, source: Path, into: Path) -> None:
    """The very files, not copies of them, where the disk can do so."""
    for piece in data.manifest.pieces:
        path = into / piece.path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.hardlink_to(source / piece.path)
        except OSError:
            shutil.copyfile(source / piece.path, path)


def _of_catalog(data: Dataset, base: str, into: Path, tree: Tree) -> None:
    is_whole = bool(data.data.get("sha256"))
    for piece in data.manifest.pieces:
        path = into / piece.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tree.read(base if is_whole else f"{base}/{piece.path}"))
