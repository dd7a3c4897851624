"""`deepcat data`: the data sets of the catalog, and what of them lies here."""

from __future__ import annotations

import click

from deepcat.cli.data.add import command as add
from deepcat.cli.data.here import gc, pull, where
from deepcat.cli.data.look import check, list_, show


@click.group("data")
def command() -> None:
    """Show the data sets that modules are trained with; name one; fetch and hold them."""


for _part in (list_, show, check, add, pull, where, gc):
    command.add_command(_part)
