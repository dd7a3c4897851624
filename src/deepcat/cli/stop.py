"""`deepcat stop`: end a training so that it can go on."""

from __future__ import annotations

import click

from deepcat.cli.completing import deployments
from deepcat.cli.context import Context, pass_context

# It has a minute to keep a checkpoint.
_GRACE_S = 75.0


@click.command("stop")
@click.argument("name", shell_complete=deployments)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_context
def command(context: Context, name: str, as_json: bool, yes: bool) -> None:
    """End the training NAME: it is asked to keep a checkpoint, and ended a minute later.

    Nothing begins it again but `deepcat resume` and `deepcat retry`, or a change of its wish. A
    machine that was made for it is put aside, with its checkpoints.
    """
    from deepcat.cli import operations, training_runs
    from deepcat.loop.again import gathered_for, stopped
    from deepcat.records.clone import open_store

    root = context.root
    store = open_store(root, to_act=True)
    gathered = gathered_for(root, store, name)
    job = stopped(gathered, name)
    operations.confirm(f"End the training `{name}`?", yes, as_json)
    outcomes = training_runs.carry(root, store, gathered, (job,), quiet=as_json)
    well = training_runs.tell(
        root, store, name, outcomes, follow=False, as_json=as_json, until_over=_GRACE_S
    )
    if not operations.rest(root, store, (name,), quiet=as_json) or not well:
        raise SystemExit(1)
