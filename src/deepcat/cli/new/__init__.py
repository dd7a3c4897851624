"""`deepcat new`: ask what is needed, prove the files, write them whole."""

import click

from deepcat.cli.new.catalog import command as catalog
from deepcat.cli.new.collection import command as collection
from deepcat.cli.new.deployment import command as deployment
from deepcat.cli.new.module import command as module
from deepcat.cli.new.workflows import command as workflows


@click.group("new")
def command() -> None:
    """Begin a module, a collection, a deployment, a catalog or its workflows.

    What no option gives is asked for in a terminal, and takes its default elsewhere.
    """


for part in (module, collection, deployment, catalog, workflows):
    command.add_command(part)
