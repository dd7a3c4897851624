"""`deepcat logs`: a deployment's log."""

from __future__ import annotations

import click

from deepcat.cli.completing import deployments
from deepcat.cli.context import Context, json_option, pass_context
from deepcat.cli.say import say_json, say_lines
from deepcat.errors import DeepcatError, UsageError

FORMAT = "deepcat-logs/v1"
_LINES = 200


@click.command("logs")
@click.argument("name", shell_complete=deployments)
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--lines", "-n", type=click.IntRange(min=1), default=_LINES, show_default=True)
@json_option
@pass_context
def command(context: Context, name: str, follow: bool, lines: int, as_json: bool) -> None:
    """Show the log of the deployment NAME; of a failed one, what its last run left."""
    from deepcat.loop.deployments import log

    if as_json:
        if follow:
            raise UsageError(
                "what goes on is no JSON document", hint="leave `--json` or `--follow` out"
            )
        said = list(log(context.root, name, lines))
        say_json({"format": FORMAT, "name": name, "lines": said})
        return
    shown = False
    try:
        for line in log(context.root, name, lines, follow):
            shown = True
            say_lines(line)
    except KeyboardInterrupt:
        return
    if not shown:
        raise DeepcatError(
            f"`{name}` has no log that can be had here",
            hint="see `deepcat status` for where it runs",
            code="logs/none",
        )
