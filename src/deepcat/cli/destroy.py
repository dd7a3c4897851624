"""`deepcat destroy`: take deployments down and leave nothing behind."""

from __future__ import annotations

import click

from deepcat.cli.context import Context, pass_context
from deepcat.errors import UsageError
from deepcat.plan.render import safe


@click.command("destroy")
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that is known, recorded or not.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@pass_context
def command(
    context: Context, names: tuple[str, ...], everything: bool, yes: bool, as_json: bool
) -> None:
    """Take the deployments NAMES down: no process, file or port is left.

    Their files under `deployments/` stay; `deepcat apply` brings up again what they wish.
    """
    from deepcat.cli import operations
    from deepcat.loop.carry_out import carry_out, require_begun
    from deepcat.loop.jobs import take_down
    from deepcat.loop.known import known_records, require, work_at_hand

    if bool(names) == everything:
        raise UsageError("name deployments, or say `--all`", hint="deepcat destroy NAME")
    root = context.root
    tree, catalog, commit, formers = work_at_hand(root)
    records = known_records(root, catalog.clouds)
    chosen = sorted(records) if everything else require(names, records)
    if not chosen:
        click.echo(operations.as_json(()) if as_json else "Nothing to do: nothing runs.")
        return
    if not as_json:
        for name in chosen:
            state = records[name].state
            where = f"{state.cloud}/{state.shape}"
            click.echo(f"- {safe(name)}: {safe(state.module)} on {safe(where)}")
    operations.confirm(f"Take {'all of them' if len(chosen) > 1 else 'it'} down?", yes, as_json)
    jobs = [take_down(records[name], formers) for name in chosen]
    with operations.progress(as_json) as say:
        outcomes = carry_out(root, tree, commit, catalog.clouds, jobs, timeout_s=60, say=say)
    require_begun(outcomes)
    if as_json:
        click.echo(operations.as_json(outcomes))
    else:
        operations.tell(outcomes, root)
    if not all(outcome.ok for outcome in outcomes):
        raise SystemExit(1)
