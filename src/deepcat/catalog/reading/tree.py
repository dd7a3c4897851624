"""The files of a tree: what they are, and where they come from.

A path is always POSIX and relative to the catalog's root. Symbolic links are listed, never
followed. `work_tree` and `git_tree`, files of those names, are the edges: the disk and a commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from deepcat import git
from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.catalog.reading.git_tree import GitTree
    from deepcat.catalog.reading.work_tree import WorkTree


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
        stamp: changes whenever the content may have changed (Git's blob id, or size and times).
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

    def size(self, path: str) -> int | None:
        """A file's bytes, without reading it; None where `read` would find none."""


@runtime_checkable
class _Known(Protocol):
    """A tree of which Git knows much without a look at each file."""

    def outline(self, under: str) -> Outline: ...
    def ask_ahead(self) -> None: ...
    def is_steady(self, entries: Iterable[Entry]) -> bool: ...


def work_tree(root: Path) -> WorkTree:
    """The files as they lie on the disk now, without those that Git is told to ignore."""
    from deepcat.catalog.reading.work_tree import WorkTree

    return WorkTree(root.resolve())


def git_tree(root: Path, commit: str) -> GitTree:
    """The files of a commit (any name that Git knows) of the repository that holds `root`.

    Raises:
        DeepcatError: there is no such commit, or no repository.
    """
    from deepcat.catalog.reading.git_tree import GitTree

    found = git.says(
        root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}"
    )
    if not found:
        raise DeepcatError(
            f"there is no commit `{commit}` here",
            hint="name a branch, a tag or a commit of this repository",
            code="catalog/commit",
        )
    return GitTree(root.resolve(), found.decode().strip())


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


def begin_repository(root: Path) -> bool:
    """Make a folder a Git repository whose branch is `main`; whether Git could."""
    try:
        return git.run(root, ("init", "--quiet", "--initial-branch=main", ".")).returncode == 0
    except DeepcatError:
        return False


def git_setting(root: Path, key: str) -> str:
    """What Git's configuration says, such as `user.name`; empty when it says nothing."""
    return git.says(root, "config", "--get", key).decode(errors="replace").strip()
