"""`deepcat ssh`: a shell where a deployment lies."""

from __future__ import annotations

import os
import sys

import click

from deepcat.cli.completing import deployments
from deepcat.cli.context import Context, pass_context
from deepcat.errors import DeepcatError


@click.command("ssh")
@click.argument("name", shell_complete=deployments)
@pass_context
def command(context: Context, name: str) -> None:
    """Open a shell where the deployment NAME lies: on its host, in its folder.

    Whatever is changed there by hand differs from what was applied, and the next look says so.
    """
    from deepcat.loop.reach import shell

    argv = list(shell(context.root, name))
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - the kind of cloud made it of its own file
    except OSError as error:
        raise DeepcatError(
            f"`{argv[0]}` cannot be started: {error.strerror}",
            hint="install it on this machine",
            code="run/shell",
        ) from None
