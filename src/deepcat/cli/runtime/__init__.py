"""`deepcat runtime`: what hosts are given that have no deepcat of their own."""

import click

from deepcat.cli.runtime.build import command as build
from deepcat.cli.runtime.list import command as list_
from deepcat.cli.runtime.push import command as push


@click.group("runtime")
def command() -> None:
    """Build what a host without deepcat needs to serve models; show it, or push it as an image.

    It is built by itself when a deployment first needs it; a release brings it ready.
    """


for part in (build, list_, push):
    command.add_command(part)
