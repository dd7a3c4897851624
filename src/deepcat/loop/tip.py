"""The commit that is to hold: the tip of the branch that is the truth, whoever asks and when."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError, UsageError

if TYPE_CHECKING:
    from deepcat.forge.git import Repository
    from deepcat.forge.scene import Scene


def commit_of(git: Repository, name: str) -> str:
    """The commit of this name; HEAD when empty.

    Raises:
        UsageError: there is none.
    """
    found = git.commit(name or "HEAD")
    if not found:
        raise UsageError(f"there is no commit `{name or 'HEAD'}` here")
    return found


def newest(
    git: Repository, here: Scene, commit: str, branch: str, say: Callable[[str], None]
) -> str:
    """The branch's tip where it holds the commit: a run that comes late applies what is true now.

    Runs may be approved out of order, run again, or be slow. What was merged meanwhile is settled
    by its own run, too, which then finds nothing to do.
    """
    for tip in _tips(git, here, branch):
        if tip != commit and git.merge_base(tip, commit) == commit:
            say(f"{commit[:12]} is no longer the tip of `{branch}`; {tip[:12]} is, and is applied")
            return tip
    return commit


def held(git: Repository, here: Scene, name: str, branch: str, say: Callable[[str], None]) -> str:
    """The commit that a watch holds reality against: it need not be told of each merge.

    Args:
        git: the repository.
        here: where we run.
        name: of a commit that somebody asks for; HEAD when empty, and the branch's tip where HEAD
            is on another branch.
        branch: the branch that is the truth.
        say: hears that another commit is taken.

    Raises:
        UsageError: there is no such commit.
    """
    commit = newest(git, here, commit_of(git, name), branch, say)
    tips = [] if name else _tips(git, here, branch)
    if not tips or any(git.merge_base(tip, commit) == commit for tip in tips):
        return commit
    say(f"{commit[:12]} is not on `{branch}`; its tip {tips[0][:12]} is what holds")
    return tips[0]


def _tips(git: Repository, here: Scene, branch: str) -> list[str]:
    """Where the branch is: on the forge, as this clone last saw it, and here."""
    if here.has_forge:
        with suppress(DeepcatError):  # the runner's clone may have no such remote
            git.fetch("origin", f"+refs/heads/{branch}:refs/remotes/origin/{branch}")
    names = (f"refs/remotes/origin/{branch}", f"refs/heads/{branch}")
    return [tip for tip in map(git.commit, names) if tip]
