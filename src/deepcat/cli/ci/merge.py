"""`deepcat ci merge`: what was merged happens, once, inside its bounds, or people are told."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.cli.ci.shared import out_option, write
from deepcat.cli.context import Context, pass_context
from deepcat.errors import UsageError
from deepcat.forge.choose import open_inbox, scene
from deepcat.forge.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from deepcat.forge.git import Git
    from deepcat.loop.values import Settled
    from deepcat.loop.world import Gathered
    from deepcat.review.due import Shown


@click.command("merge")
@click.option("--base", default="", help="The commit before the merge.")
@click.option("--commit", default="", help="The merged commit; HEAD when not given.")
@click.option("--branch", default="main", show_default=True, help="The branch that is the truth.")
@out_option
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=300.0,
    show_default=True,
    help="Seconds that a model may take until it answers.",
)
@pass_context
def command(
    context: Context, base: str, commit: str, branch: str, out: Path, timeout: float
) -> None:
    """Plan again at the merged commit and, inside the bounds that were merged, apply.

    What fails is cleaned up and recorded, and one pull request or issue says so. Exit status 1 when
    main and reality differ afterwards.
    """
    from deepcat.loop.settle import as_json

    settled = merge(context.root, scene(), base, commit, branch, timeout_s=timeout)
    write(out, "merge.json", as_json(settled))
    if not settled.is_well:
        raise SystemExit(1)


def merge(
    root: Path, here: Scene, base: str, commit: str, branch: str, *, timeout_s: float = 300.0
) -> Settled:
    """Settle what a merge brought; see `command`."""
    from deepcat.cli import operations
    from deepcat.forge.git import Git
    from deepcat.loop.settle import settle
    from deepcat.loop.values import Stage
    from deepcat.records.store import Store

    git = Git(root)
    after = git.commit(commit or "HEAD")
    if not after:
        raise UsageError(f"there is no commit `{commit or 'HEAD'}` here")
    before = git.commit(base or here.event.base) if base or here.event.base else ""
    with open_inbox(here, git, branch) as inbox:
        store = Store(root, remote="origin" if here.has_forge else "")
        by = here.event.actor or git.author(after)
        tell = partial(operations.tell, root=root)
        stage = Stage(root, after, branch, store, inbox, click.echo, tell, timeout_s, by)
        return settle(stage, _touched(git, before, after), shown=_shown(here, inbox, after))


def _touched(git: Git, before: str, after: str) -> Callable[[Gathered], Collection[str]]:
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
