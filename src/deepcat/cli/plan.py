"""`deepcat plan`: what would change, where, at what cost, and why."""

from __future__ import annotations

import click

from deepcat.cli.context import Context, pass_context


@click.command("plan")
@click.option("--commit", default="", help="Plan this commit instead of the files as they lie.")
@click.option("--quiet", "-q", is_flag=True, help="Leave out what stays as it is.")
@pass_context
def command(context: Context, commit: str, quiet: bool) -> None:
    """Show what would change, where, at what cost, and why. Nothing is changed.

    Exit status 1 when a deployment is refused.
    """
    from deepcat.cli.gather import gather
    from deepcat.plan.render import text

    gathered = gather(context.root, commit)
    plan = gathered.plan()
    click.echo(text(plan, gathered.currency, quiet=quiet), nl=False)
    if plan.refusals:
        raise SystemExit(1)
