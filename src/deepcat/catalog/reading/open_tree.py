"""Open a tree of files, of the disk or of a commit; and what else Git is asked of a folder."""

from __future__ import annotations

from pathlib import Path

from deepcat import git
from deepcat.catalog.reading.git_tree import GitTree
from deepcat.catalog.reading.work_tree import WorkTree
from deepcat.errors import UsageError


def work_tree(root: Path) -> WorkTree:
    """The files as they lie on the disk now, without those that Git is told to ignore."""
    return WorkTree(root.resolve())


def git_tree(root: Path, commit: str) -> GitTree:
    """The files of a commit (any name that Git knows) of the repository that holds `root`.

    Raises:
        UsageError: there is no such commit, or no repository.
    """
    found = git.says(
        root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}"
    )
    if not found:
        raise UsageError(
            f"there is no commit `{commit}` here",
            hint="name a branch, a tag or a commit of this repository",
            code="catalog/commit",
        )
    return GitTree(root.resolve(), found.decode().strip())


def git_setting(root: Path, key: str) -> str:
    """What Git's configuration says, such as `user.name`; empty when it says nothing."""
    return git.says(root, "config", "--get", key).decode(errors="replace").strip()
