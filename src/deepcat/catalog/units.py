"""Units: what a catalog is made of, each read, judged and cached by itself."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from deepcat.catalog.tree import Entry, Tree

MARKER = "deepcat.yaml"
MODULE_FILE = "module.yaml"
FOLDERS = ("modules", "clouds", "deployments")


class Kind(StrEnum):
    """What a unit is."""

    CATALOG = "catalog"
    CLOUD = "cloud"
    DEPLOYMENT = "deployment"
    MODULE = "module"
    STRAY = "stray"


@dataclass(frozen=True)
class Unit:
    """A module's folder, or one file of clouds, deployments or the catalog itself.

    Attributes:
        kind: what it is; a stray file is none of the others.
        name: the folder's name, or the file's without its ending.
        path: POSIX path of the folder or file, relative to the root.
        entries: its files, sorted by path.
    """

    kind: Kind
    name: str
    path: str
    entries: tuple[Entry, ...] = field(repr=False)

    @property
    def document(self) -> str:
        """The path of the YAML file that describes it."""
        return f"{self.path}/{MODULE_FILE}" if self.kind is Kind.MODULE else self.path

    @cached_property
    def stamp(self) -> str:
        """Changes whenever one of its files may have changed."""
        text = "\0".join(f"{e.path}\0{e.stamp}\0{e.is_link:d}" for e in self.entries)
        return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def units(tree: Tree) -> tuple[Unit, ...]:
    """All units of a tree, sorted by path; the catalog's own file comes first."""
    found = [Unit(Kind.CATALOG, "deepcat", MARKER, _marker(tree))]
    found.extend(_modules(tree))
    for folder, kind in (("clouds", Kind.CLOUD), ("deployments", Kind.DEPLOYMENT)):
        found.extend(_file(entry, kind) for entry in tree.entries(folder))
    return tuple(found)


def _marker(tree: Tree) -> tuple[Entry, ...]:
    """The catalog's own file; its content is its stamp, for a tree lists folders only."""
    try:
        content = tree.read(MARKER)
    except FileNotFoundError:
        return ()
    stamp = hashlib.blake2b(content, digest_size=16).hexdigest()
    return (Entry(MARKER, len(content), is_link=False, stamp=stamp),)


def _modules(tree: Tree) -> list[Unit]:
    folders: dict[str, list[Entry]] = defaultdict(list)
    found = []
    for entry in tree.entries("modules"):
        _, name, *rest = entry.path.split("/")
        if rest:
            folders[name].append(entry)
        elif not _is_note(entry.path):
            found.append(Unit(Kind.STRAY, name, entry.path, (entry,)))
    found.extend(
        Unit(Kind.MODULE, name, f"modules/{name}", tuple(entries))
        for name, entries in folders.items()
    )
    return sorted(found, key=lambda unit: unit.path)


def _file(entry: Entry, kind: Kind) -> Unit:
    _, name, *rest = entry.path.split("/")
    if rest or not name.endswith(".yaml"):
        kind = Kind.STRAY
    return Unit(kind, name.removesuffix(".yaml"), entry.path, (entry,))


def _is_note(path: str) -> bool:
    return path.rpartition("/")[2] in {"README.md", ".gitkeep", ".gitattributes", ".gitignore"}
