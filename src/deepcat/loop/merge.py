"""What was merged happens, once, inside its bounds, or people are told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError
from deepcat.forge.choose import open_inbox
from deepcat.forge.scene import Scene
from deepcat.loop.values import TIMEOUT_S

if TYPE_CHECKING:
    from deepcat.forge.git import Repository
    from deepcat.loop.values import Settled
    from deepcat.loop.world import Gathered
    from deepcat.review.shown import Shown
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
    from deepcat.loop.tip import commit_of, newest
    from deepcat.loop.values import Stage
    from deepcat.records.clone import open_store

    git = Repository(root)
    after = commit_of(git, commit)
    before = git.commit(base or here.event.base) if base or here.event.base else ""
    with open_inbox(here, git, branch) as inbox:
        after = newest(git, here, after, branch, say)
        store = open_store(root, "origin" if here.has_forge else "", to_act=True)
        by = here.event.actor or git.author(after)
        yes = _approved(here, inbox, after)
        stage = Stage(root, after, branch, store, inbox, say, tell, timeout_s, by, here.log, yes)
        return settle(stage, _touched(git, before, after), shown=_shown(here, inbox, after))


def _touched(git: Repository, before: str, after: str) -> Callable[[Gathered], Collection[str]]:
    from deepcat.review.due import touched_by

    paths = [path for _, path in git.changed(before, after)] if before else None

    def touched(gathered: Gathered) -> Collection[str]:
        modules = {name: wish.module for name, wish in gathered.catalog.deployments.items()}
        if paths is None:
            return modules.keys() | gathered.records.keys()
        return touched_by(paths, modules, gathered.records)

    return touched


def _approved(here: Scene, inbox: object, commit: str) -> tuple[str, ...]:
    """Who approved the pull request that brought a commit, for the records; none where unknown."""
    from deepcat.forge.github import GitHub
    from deepcat.review.consent import heard

    if not here.has_forge or not isinstance(inbox, GitHub):
        return ()
    with suppress(DeepcatError):  # a merge does not wait for what only the records say
        pull = inbox.pull_of_merge(commit)
        by = heard(pull.people, {}) if pull else None
        return tuple(sorted(by.consent - {by.author})) if by else ()
    return ()


def _shown(here: Scene, inbox: object, commit: str) -> Mapping[str, Shown] | None:
    """What the review showed before this merge; None where there was none."""
    from deepcat.forge.github import GitHub
    from deepcat.review.shown import read

    if not here.has_forge or not isinstance(inbox, GitHub):
        return None
    found = inbox.comment_of_merge(commit, "review")
    return read(*found) if found else None
