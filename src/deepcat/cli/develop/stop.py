"""`deepcat develop stop`: end JupyterLab; the work is kept."""

from __future__ import annotations

import click

from deepcat.cli.completing import deployments
from deepcat.cli.context import Context, pass_context
from deepcat.cli.develop.desks import opened
from deepcat.cli.say import say


@click.command("stop")
@click.argument("name", shell_complete=deployments)
@pass_context
def command(context: Context, name: str) -> None:
    """Save the work of the deployment NAME and end JupyterLab; `deepcat develop NAME` goes on.

    A machine that was made for it is put aside.
    """
    from deepcat.cli import operations
    from deepcat.loop.developing import notebook_of
    from deepcat.loop.known import recorded
    from deepcat.records.clone import open_store

    name = opened(context.root, name)
    notebook = notebook_of(context.root, recorded(context.root, name))
    now = notebook.ask("stop")
    say("{} is stopped; its work is kept in {}", name, notebook.kept)
    if now.failed:
        say("    and is not saved: {}", now.failed)
    store = open_store(context.root, to_act=True)
    if not operations.rest(context.root, store, (name,), quiet=False):
        raise SystemExit(1)
