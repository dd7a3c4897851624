"""A merge and a watch take the tip of the branch, whatever commit a run was given."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from deepcat.errors import UsageError
from deepcat.forge.git import Repository
from deepcat.forge.scene import Scene
from deepcat.loop.tip import held, newest


def _git(root: Path, *argv: str) -> str:
    return subprocess.run(
        ["git", "-C", root, *argv], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def root(git_tree_at: Callable[[Mapping[str, str]], Path]) -> Path:
    """`main` has the commits first, second and tip; `feature` left it at second."""
    made = git_tree_at({"deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n"})
    _git(made, "tag", "first")
    for name in ("second", "tip"):
        _git(made, "commit", "-q", "--allow-empty", "-m", name)
        _git(made, "tag", name)
    _git(made, "checkout", "-q", "-b", "feature", "second")
    _git(made, "commit", "-q", "--allow-empty", "-m", "feature")
    return made


# Where HEAD is, what is asked for, which commit a watch takes, and what it says of it.
ROWS = [
    ("main", "", "tip", ""),
    ("first", "", "tip", "is no longer the tip of `main`"),
    ("main", "first", "tip", "is no longer the tip of `main`"),
    ("feature", "", "tip", "is not on `main`; its tip"),
    ("main", "feature", "feature", ""),
]


@pytest.mark.parametrize(("head", "asked", "taken", "words"), ROWS)
def test_a_watch_holds_reality_against_the_tip(
    root: Path, head: str, asked: str, taken: str, words: str
) -> None:
    _git(root, "checkout", "-q", head)
    told: list[str] = []
    found = held(Repository(root), Scene(), asked, "main", told.append)
    assert found == _git(root, "rev-parse", taken)
    assert words in "".join(told)
    assert bool(words) == bool(told)


def test_where_the_branch_is_not_known_head_holds(root: Path) -> None:
    told: list[str] = []
    head = _git(root, "rev-parse", "HEAD")
    assert held(Repository(root), Scene(), "", "trunk", told.append) == head
    assert told == []


def test_what_another_clone_saw_of_the_branch_counts(root: Path) -> None:
    tip = _git(root, "rev-parse", "tip")
    _git(root, "update-ref", "refs/remotes/origin/main", tip)
    _git(root, "branch", "-f", "main", "first")
    _git(root, "checkout", "-q", "main")
    assert held(Repository(root), Scene(), "", "main", print) == tip


def test_what_was_not_merged_is_not_replaced_for_a_merge(root: Path) -> None:
    git, feature = Repository(root), _git(root, "rev-parse", "feature")
    assert newest(git, Scene(), feature, "main", print) == feature
    assert newest(git, Scene(), git.commit("first"), "main", print) == git.commit("tip")


def test_a_commit_that_is_not_there_is_refused(root: Path) -> None:
    with pytest.raises(UsageError, match="there is no commit `nowhere` here"):
        held(Repository(root), Scene(), "nowhere", "main", print)
