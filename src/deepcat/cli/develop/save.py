"""`deepcat develop save`: work in a notebook becomes a branch and a pull request."""

from __future__ import annotations

import click

from deepcat.catalog.wording import count
from deepcat.cli.completing import deployments
from deepcat.cli.context import Context, pass_context
from deepcat.cli.develop.desks import opened
from deepcat.cli.say import say, waiting
from deepcat.forge.choose import open_inbox, scene


@click.command("save")
@click.argument("name", shell_complete=deployments)
@click.option("--message", "-m", default="", help="What changed; its first line is the title.")
@click.option("--branch", default="main", show_default=True, help="The branch that is the truth.")
@click.option("--dry-run", is_flag=True, help="Say what the check finds; write no branch.")
@pass_context
def command(context: Context, name: str, message: str, branch: str, dry_run: bool) -> None:
    """Make a branch and a pull request of the work of the deployment NAME.

    What `deepcat check` has against it is shown first, and makes it a draft. Without a forge it is
    the branch `deepcat/develop/NAME`; saving again moves it on.
    """
    from deepcat.forge.git import Repository
    from deepcat.loop.developing import notebook_of
    from deepcat.loop.known import recorded
    from deepcat.loop.trained.propose import tip_at
    from deepcat.loop.worked import proposed, work_of
    from deepcat.records.clone import chosen

    root, here = context.root, scene()
    name = opened(root, name)
    notebook = notebook_of(root, recorded(root, name))
    git = Repository(root)
    remote = "origin" if here.has_forge else chosen(root).remote
    with waiting("saving the work of", name):
        notebook.ask("save")
        work = work_of(root, git, notebook, tip_at(git, branch, remote))
    for path, why in work.left.items():
        say("left out: {}: {}", path, why)
    for code, text in work.errors:
        say("{} [{}]", text, code, fg="yellow")
    if not work.parts:
        say("Nothing to do: nothing changed in {}.", notebook.module)
        return
    say("{} changed in {}.", count(len(work.parts), "file"), notebook.module)
    if dry_run:
        raise SystemExit(1 if work.errors else 0)
    with open_inbox(here, git, branch) as inbox:
        address = proposed(git, inbox, notebook, work, branch, remote, message)
    say("Proposed: {}", address)
