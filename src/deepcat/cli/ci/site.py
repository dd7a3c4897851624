"""`deepcat ci site`: the website with the records, as a workflow builds it."""

from __future__ import annotations

from pathlib import Path

import click

from deepcat.cli.context import Context, pass_context
from deepcat.forge.choose import scene


@click.command("site")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("_site"),
    show_default=True,
    help="The folder to write.",
)
@click.pass_context
@pass_context
def command(context: Context, click_context: click.Context, out: Path) -> None:
    """Fetch the records, then build the website with them."""
    from deepcat.cli.site import build
    from deepcat.forge.git import signed_in
    from deepcat.records.clone import open_store

    here = scene()
    if here.has_forge:
        with signed_in(here.server, here.token):
            open_store(context.root, "origin", to_act=True).read_texts()
    click_context.invoke(build, out=out)
