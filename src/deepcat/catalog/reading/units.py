"""Units: what a catalog is made of, each read, judged and cached by itself."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from deepcat.catalog.reading.tree import Entry, Tree, outline

MARKER = "deepcat.yaml"
MODULE_FILE = "module.yaml"
FOLDERS = ("modules", "clouds", "collections", "datasets", "deployments")


class UnitKind(StrEnum):
    """What a unit is."""

    CATALOG = "catalog"
    CLOUD = "cloud"
    COLLECTION = "collection"
    DATASET = "dataset"
    DEPLOYMENT = "deployment"
    MODULE = "module"
    STRAY = "stray"


# Folder -> what each of its files is.
_FILES = {
    "clouds": UnitKind.CLOUD,
    "collections": UnitKind.COLLECTION,
    "deployments": UnitKind.DEPLOYMENT,
}


@dataclass(frozen=True)
class Unit:
    """A module's folder, or one file of clouds, collections, deployments or the catalog itself.

    A data set's is its file, with the folder of the same name beside it.

    Attributes:
        kind: what it is; a stray file is none of the others.
        name: the folder's name, or the file's without its ending.
        path: POSIX path of the folder or file, relative to the root.
        fingerprint: changes whenever one of its files may have changed.
        is_settled: whether the fingerprint is Git's, and its files were not looked at.
    """

    kind: UnitKind
    name: str
    path: str
    fingerprint: str
    is_settled: bool
    _list: Callable[[str], tuple[Entry, ...]] = field(repr=False, compare=False)

    @property
    def document(self) -> str:
        """The path of the YAML file that describes it."""
        return f"{self.path}/{MODULE_FILE}" if self.kind is UnitKind.MODULE else self.path

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Its files, sorted by path; listed when they are first asked for."""
        return self._list(self.path)


def _unit(kind: UnitKind, name: str, path: str, entries: Sequence[Entry]) -> Unit:
    """A unit whose files are known already."""
    listed = tuple(entries)
    text = "\0".join(f"{e.path}\0{e.fingerprint}\0{e.is_link:d}" for e in listed)
    fingerprint = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()
    return Unit(kind, name, path, fingerprint, False, lambda _: listed)


def units(tree: Tree) -> tuple[Unit, ...]:
    """All units of a tree, sorted by path; the catalog's own file comes first."""
    found = [marker_unit(tree)]
    found.extend(_modules(tree))
    for folder, kind in _FILES.items():
        found.extend(_file(entry, kind) for entry in tree.entries(folder))
    return tuple(sorted((*found, *_datasets(tree)), key=_place))


def cloud_units(tree: Tree) -> tuple[Unit, ...]:
    """The files of clouds, sorted by path."""
    found = (_file(entry, UnitKind.CLOUD) for entry in tree.entries("clouds"))
    return tuple(unit for unit in found if unit.kind is UnitKind.CLOUD)


def dataset_units(tree: Tree) -> tuple[Unit, ...]:
    """The data sets, sorted by path."""
    found = (unit for unit in _datasets(tree) if unit.kind is UnitKind.DATASET)
    return tuple(sorted(found, key=lambda unit: unit.path))


def marker_unit(tree: Tree) -> Unit:
    """The catalog's own file."""
    return _unit(UnitKind.CATALOG, "deepcat", MARKER, _marker(tree))


def _marker(tree: Tree) -> tuple[Entry, ...]:
    """The catalog's own file; its content is its fingerprint, for a tree lists folders only."""
    try:
        content = tree.read(MARKER)
    except FileNotFoundError:
        return ()
    fingerprint = hashlib.blake2b(content, digest_size=16).hexdigest()
    return (Entry(MARKER, len(content), is_link=False, fingerprint=fingerprint),)


def _modules(tree: Tree) -> list[Unit]:
    seen = outline(tree, "modules")
    found = [
        Unit(UnitKind.MODULE, name, f"modules/{name}", fingerprint, True, tree.entries)
        for name, fingerprint in seen.settled.items()
    ]
    folders: dict[str, list[Entry]] = defaultdict(list)
    for entry in seen.entries:
        _, name, *rest = entry.path.split("/")
        if rest:
            folders[name].append(entry)
        elif not _is_note(entry.path):
            found.append(_unit(UnitKind.STRAY, name, entry.path, (entry,)))
    found.extend(
        _unit(UnitKind.MODULE, name, f"modules/{name}", entries)
        for name, entries in folders.items()
    )
    return sorted(found, key=lambda unit: unit.path)


def _place(unit: Unit) -> tuple[int, str]:
    """The catalog's own file first, modules as they are, then file by file."""
    folder = unit.path.partition("/")[0]
    return (FOLDERS.index(folder) if folder in FOLDERS else -1, unit.path)


def _datasets(tree: Tree) -> list[Unit]:
    """Each file of a data set, with what lies in the folder that bears its name."""
    entries = tree.entries("datasets")
    named = {entry.path.removesuffix(".yaml"): [entry] for entry in entries if _is_dataset(entry)}
    found = []
    for entry in entries:
        own = named.get("/".join(entry.path.split("/")[:2]))
        if own is None:
            found.append(_file(entry, UnitKind.DATASET))
        elif entry is not own[0]:
            own.append(entry)
    for path, mine in named.items():
        name = path.rpartition("/")[2]
        found.append(_unit(UnitKind.DATASET, name, f"{path}.yaml", mine))
    return found


def _is_dataset(entry: Entry) -> bool:
    return entry.path.count("/") == 1 and entry.path.endswith(".yaml")


def _file(entry: Entry, kind: UnitKind) -> Unit:
    _, name, *rest = entry.path.split("/")
    if rest or not name.endswith(".yaml"):
        kind = UnitKind.STRAY
    return _unit(kind, name.removesuffix(".yaml"), entry.path, (entry,))


def _is_note(path: str) -> bool:
    return path.rpartition("/")[2] in {"README.md", ".gitkeep", ".gitattributes", ".gitignore"}
