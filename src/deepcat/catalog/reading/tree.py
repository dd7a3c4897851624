"""The files of a tree: what they are, and what can be asked of them.

A path is always POSIX and relative to the catalog's root. Symbolic links are listed, never
followed. `work_tree` and `git_tree`, files of those names, are the edges: the disk and a commit;
`open_tree` makes either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Outline:
    """What lies below a folder, without a look into folders that Git vouches for.

    Attributes:
        settled: folders right below, by name, whose whole content Git has by the hash given here.
        entries: the files of everything else, sorted by path.
    """

    settled: Mapping[str, str]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One file.

    Attributes:
        path: POSIX, relative to the root.
        size: bytes; of a link, the length of its target's path.
        is_link: whether it is a symbolic link.
        fingerprint: changes whenever the content may have changed: Git's blob id, or size and
            times.
    """

    path: str
    size: int
    is_link: bool
    fingerprint: str


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

    def size(self, path: str) -> int | None:
        """A file's bytes, without reading it; None where `read` would find none."""


@runtime_checkable
class _Known(Protocol):
    """A tree of which Git knows much without a look at each file."""

    def outline(self, under: str) -> Outline: ...
    def ask_ahead(self) -> None: ...
    def is_steady(self, entries: Iterable[Entry]) -> bool: ...


def outline(tree: Tree, under: str) -> Outline:
    """What lies below a folder; each file, where the tree is none of Git's."""
    return tree.outline(under) if isinstance(tree, _Known) else Outline({}, tree.entries(under))


def ask_ahead(tree: Tree) -> None:
    """Let Git begin to look for what changed, before `outline` needs to know."""
    if isinstance(tree, _Known):
        tree.ask_ahead()


def is_steady(tree: Tree, entries: Iterable[Entry]) -> bool:
    """Whether files of a settled folder, just read, are what Git vouched for."""
    return not isinstance(tree, _Known) or tree.is_steady(entries)
