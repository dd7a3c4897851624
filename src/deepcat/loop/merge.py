"""What was merged happens, once, inside its bounds, or people are told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError, UsageError
from deepcat.forge.choose import open_inbox
from deepcat.forge.scene import Scene
from deepcat.loop.values import TIMEOUT_S

if TYPE_CHECKING:
    from deepcat.forge.git import Repository
    from deepcat.loop.values import Settled
    from deepcat.loop.world import Gathered
    from deepcat.review.due import Shown
    from deepcat.runs.values import Outcome


def merge(
    root: Path,
    here: Scene,
    base: str,
    commit: str,
    branch: str,
    *,
    say: Callable[[str], None],
    tell: Callable[[Sequence[Outcome]], None],
    timeout_s: float = TIMEOUT_S,
) -> Settled:
    """Settle what a merge brought.

    Args:
        root: the catalog's folder.
        here: what woke us, and the forge.
        base: the commit before the merge; that of the event, or all when empty.
        commit: the merged commit; HEAD when empty.
        branch: the branch that is the truth.
        say: hears what is done, a line each.
        tell: hears how each change went.
        timeout_s: how long a model may take until it answers.

    Raises:
        DeepcatError: there is no such commit, or nothing can be planned from it.
    """
    from deepcat.forge.git import Repository
    from deepcat.loop.settle import settle
    from deepcat.loop.values import Stage
    from deepcat.records.store import Store

    git = Repository(root)
    after = git.commit(commit or "HEAD")
    if not after:
        raise UsageError(f"there is no commit `{commit or 'HEAD'}` here")
    before = git.commit(base or here.event.base) if base or here.event.base else ""
    with open_inbox(here, git, branch) as inbox:
        after = _newest(git, here, after, branch, say)
        store = Store(root, remote="origin" if here.has_forge else "")
        by = here.event.actor or git.author(after)
        stage = Stage(root, after, branch, store, inbox, say, tell, timeout_s, by)
        return settle(stage, _touched(git, before, after), shown=_shown(here, inbox, after))


def _newest(
    git: Repository, here: Scene, commit: str, branch: str, say: Callable[[str], None]
) -> str:
    """The branch's tip where it holds the commit: a run that comes late applies what is true now.

    Runs may be approved out of order, run again, or be slow. What was merged meanwhile is settled
    by its own run, too, which then finds nothing to do.
    """
    if here.has_forge:
        with suppress(DeepcatError):  # the runner's clone may have no such remote
            git.fetch("origin", f"+refs/heads/{branch}:refs/remotes/origin/{branch}")
    for name in (f"refs/remotes/origin/{branch}", f"refs/heads/{branch}"):
        tip = git.commit(name)
        if tip and tip != commit and git.merge_base(tip, commit) == commit:
            say(f"{commit[:12]} is no longer the tip of `{branch}`; {tip[:12]} is, and is applied")
            return tip
    return commit


def _touched(git: Repository, before: str, after: str) -> Callable[[Gathered], Collection[str]]:
    from deepcat.review.due import touched_by

    paths = [path for _, path in git.changed(before, after)] if before else None

    def touched(gathered: Gathered) -> Collection[str]:
        modules = {name: wish.module for name, wish in gathered.catalog.deployments.items()}
        if paths is None:
            return modules.keys() | gathered.records.keys()
        return touched_by(paths, modules, gathered.records)

    return touched


def _shown(here: Scene, inbox: object, commit: str) -> Mapping[str, Shown] | None:
    """What the review showed before this merge, where the forge still knows it."""
    from deepcat.forge.github import GitHub
    from deepcat.review.comment import read_shown

    if not here.has_forge or not isinstance(inbox, GitHub):
        return None
    body = inbox.comment_of_merge(commit, "review")
    return read_shown(body) if body else None
