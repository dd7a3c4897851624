"""`deepcat new`: ask what is needed, prove the files, write them whole."""

import click

from deepcat.cli.new.catalog import command as catalog
from deepcat.cli.new.deployment import command as deployment
from deepcat.cli.new.module import command as module


@click.group("new")
def command() -> None:
    """Begin a module, a deployment or a catalog.

    What no option gives is asked for in a terminal, and takes its default elsewhere.
    """


for part in (module, deployment, catalog):
    command.add_command(part)
