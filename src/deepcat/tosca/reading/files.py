"""What a template may read: the files of its module's folder, through the tree that is given.

Paths are POSIX. Nothing here opens a file by itself, and nothing leaves the folder.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Protocol

from deepcat.catalog.reading.tree import Tree


class Files(Protocol):
    """The files that a template may name."""

    @property
    def folder(self) -> str:
        """The folder that nothing may leave; empty for the tree's root."""

    def read(self, path: str) -> bytes:
        """A file's content.

        Raises:
            FileNotFoundError: there is none.
        """

    def size(self, path: str) -> int | None:
        """A file's bytes, without reading it; None where there is none."""


@dataclass(slots=True)
class Folder:
    """A module's folder in a tree."""

    tree: Tree
    folder: str

    def read(self, path: str) -> bytes:
        """A file's content; see `Files`."""
        return self.tree.read(path)

    def size(self, path: str) -> int | None:
        """A file's bytes; None where there is none, or it is a link."""
        return self.tree.size(path)


@dataclass(frozen=True, slots=True)
class One:
    """One file, made of what another says; it names no others."""

    path: str
    content: bytes

    @property
    def folder(self) -> str:
        """See `Files`."""
        return module_folder(self.path)

    def read(self, path: str) -> bytes:
        """Its content; see `Files`."""
        if path != self.path:
            raise FileNotFoundError(path)
        return self.content

    def size(self, path: str) -> int | None:
        """Its bytes; see `Files`."""
        return len(self.content) if path == self.path else None


def module_folder(path: str) -> str:
    """The folder that a template may read: its module's, or the one it lies in."""
    parts = path.split("/")
    if parts[0] == "modules" and len(parts) > 2:
        return "/".join(parts[:2])
    return posixpath.dirname(path)


def inside(folder: str, base: str, name: str) -> str | None:
    """A path that a file in `base` names, or None where it is absolute or leaves `folder`."""
    if not name or name.startswith(("/", "~")) or "\\" in name or ":" in name or len(name) > 1024:
        return None
    if not all(character.isprintable() for character in name):
        return None
    path = posixpath.normpath(posixpath.join(base, name))
    if path == ".." or path.startswith(("../", "/")):
        return None
    return path if not folder or path.startswith(f"{folder}/") else None
