"""`deepcat resume`: go on with a training that was stopped, or ended before it was done."""

from __future__ import annotations

import click

from deepcat.cli.completing import deployments
from deepcat.cli.context import Context, pass_context
from deepcat.errors import UsageError


@click.command("resume")
@click.argument("name", shell_complete=deployments)
@click.option("--time", "more", default="", help="So long it may run from now on, such as +2h.")
@click.option("--follow", "-f", is_flag=True, help="Go on until it has ended.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_context
def command(context: Context, name: str, more: str, follow: bool, as_json: bool, yes: bool) -> None:
    """Go on with NAME from its last checkpoint, where it was; one that runs is given more time.

    Its limits count from now on as its wish has them, unless `--time` says otherwise.
    """
    from deepcat.cli import operations, training_runs
    from deepcat.loop.again import gathered_for, once_more
    from deepcat.quantities import seconds
    from deepcat.records.clone import open_store

    more_s = seconds(more.removeprefix("+")) if more else 0.0
    if more_s is None or (more and more_s <= 0):
        raise UsageError(f"`{more}` is no time", hint="such as --time +2h")
    root = context.root
    store = open_store(root, to_act=True)
    gathered = gathered_for(root, store, name)
    job = once_more(gathered, name, afresh=False, more_s=more_s)
    operations.confirm(f"Go on with `{name}`?", yes, as_json)
    outcomes = training_runs.carry(root, store, gathered, (job,), quiet=as_json)
    if not training_runs.tell(root, store, name, outcomes, follow=follow, as_json=as_json):
        raise SystemExit(1)
