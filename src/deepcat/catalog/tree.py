"""EDGE of the catalog: the files of a tree, from the disk or from a Git commit.

A path is always POSIX and relative to the catalog's root. Symbolic links are listed, never followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One file.

    Attributes:
        path: POSIX, relative to the root.
        size: bytes.
        is_link: whether it is a symbolic link.
        stamp: changes whenever the content may have changed (Git's blob id, or size and mtime).
    """

    path: str
    size: int
    is_link: bool
    stamp: str


class Tree(Protocol):
    """A tree of files that can be read."""

    @property
    def commit(self) -> str:
        """The commit it is, or the one it is based on; empty outside Git."""

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        """All files below a folder, sorted by path; `.git`, `.deepcat` and `_site` are left out."""

    def read(self, path: str) -> bytes:
        """A file's content.

        Raises:
            FileNotFoundError: there is none, or it is a link, or the path leaves the root.
        """
