"""`deepcat runtime`: what hosts are given that have no deepcat of their own."""

import click

from deepcat.cli.runtime.build import command as build
from deepcat.cli.runtime.list import command as list_


@click.group("runtime")
def command() -> None:
    """Build what a host without deepcat needs to serve models, and show what was built.

    It is built by itself when a deployment first needs it; a release brings it ready.
    """


for part in (build, list_):
    command.add_command(part)
