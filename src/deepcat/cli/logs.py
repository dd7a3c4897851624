"""`deepcat logs`: a deployment's log."""

from __future__ import annotations

import click

from deepcat.cli.context import Context, pass_context
from deepcat.errors import DeepcatError

_LINES = 200


@click.command("logs")
@click.argument("name")
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--lines", "-n", type=click.IntRange(min=1), default=_LINES, show_default=True)
@pass_context
def command(context: Context, name: str, follow: bool, lines: int) -> None:
    """Show the log of the deployment NAME; of a failed one, what its last run left."""
    from deepcat.loop.deployments import log

    shown = False
    try:
        for line in log(context.root, name, lines, follow):
            shown = True
            click.echo(_visible(line))
    except KeyboardInterrupt:
        return
    if not shown:
        raise DeepcatError(
            f"`{name}` has no log that can be had here",
            hint="see `deepcat status` for where it runs",
            code="logs/none",
        )


def _visible(line: str) -> str:
    """The line without what could command a terminal."""
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in line)
