"""`deepcat retry`: train once more what was trained."""

from __future__ import annotations

import click

from deepcat.cli.completing import deployments
from deepcat.cli.context import Context, pass_context


@click.command("retry")
@click.argument("name", shell_complete=deployments)
@click.option("--follow", "-f", is_flag=True, help="Go on until it has ended.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_context
def command(context: Context, name: str, follow: bool, as_json: bool, yes: bool) -> None:
    """Train NAME once more, from nothing, whether it ended well or not, where it was.

    It is the next attempt at the same training. `deepcat resume` goes on from a checkpoint.
    """
    from deepcat.cli import operations, training_runs
    from deepcat.loop.again import gathered_for, once_more
    from deepcat.records.clone import open_store

    root = context.root
    store = open_store(root, to_act=True)
    gathered = gathered_for(root, store, name)
    job = once_more(gathered, name, afresh=True)
    operations.confirm(f"Train `{name}` once more, from nothing?", yes, as_json)
    outcomes = training_runs.carry(root, store, gathered, (job,), quiet=as_json)
    if not training_runs.tell(root, store, name, outcomes, follow=follow, as_json=as_json):
        raise SystemExit(1)
