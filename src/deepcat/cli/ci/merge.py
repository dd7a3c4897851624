"""`deepcat ci merge`: what was merged happens, once, inside its bounds, or people are told."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from deepcat.cli import operations
from deepcat.cli.ci.shared import out_option, write
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say_line
from deepcat.forge.choose import scene


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
    from deepcat.loop.merge import merge
    from deepcat.loop.settle import as_json

    tell = partial(operations.tell, root=context.root)
    settled = merge(
        context.root, scene(), base, commit, branch, say=say_line, tell=tell, timeout_s=timeout
    )
    write(out, "merge.json", as_json(settled))
    if not settled.is_well:
        raise SystemExit(1)
