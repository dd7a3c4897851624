"""`deepcat apply`: carry the plan out."""

from __future__ import annotations

import click

from deepcat.cli.context import Context, pass_context


@click.command("apply")
@click.argument("names", nargs=-1)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.option("--commit", default="", help="Apply this commit instead of the files as they lie.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=300.0,
    show_default=True,
    help="Seconds that a model may take until it answers.",
)
@pass_context
def command(
    context: Context, names: tuple[str, ...], yes: bool, as_json: bool, commit: str, timeout: float
) -> None:
    """Carry the plan out, for all deployments or for NAMES.

    What already is as wished is not touched. Exit status 1 when something failed or was refused.
    """
    from deepcat.cli import operations
    from deepcat.loop.carry_out import carry_out, require_begun
    from deepcat.loop.jobs import jobs
    from deepcat.loop.observed import as_it_is
    from deepcat.loop.world import gather, only
    from deepcat.plan.render import text

    root = context.root
    gathered = gather(root, commit)
    seen = as_it_is(root, gathered)
    plan = only(seen.plan(), names)
    if not as_json:
        click.echo(text(plan, gathered.currency, quiet=True), nl=False)
    if plan.is_empty:
        if as_json:
            click.echo(operations.as_json((), plan=plan.digest))
        elif not plan.refusals:
            count = len(plan.changes)
            click.echo(
                f"Nothing to do: {count} deployment{'s are' if count != 1 else ' is'} as wished."
            )
        raise SystemExit(1 if plan.refusals else 0)
    operations.confirm("Carry this out?", yes, as_json)
    with operations.progress(as_json) as say:
        outcomes = carry_out(
            root,
            gathered.tree,
            gathered.commit,
            gathered.catalog.clouds,
            jobs(plan.changes, gathered),
            timeout_s=timeout,
            say=say,
        )
    require_begun(outcomes)
    if as_json:
        click.echo(operations.as_json(outcomes, plan=plan.digest))
    else:
        operations.tell(outcomes, root)
    if plan.refusals or not all(outcome.ok for outcome in outcomes):
        raise SystemExit(1)
