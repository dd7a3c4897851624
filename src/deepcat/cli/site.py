"""`deepcat site`: build the website, or show it on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.catalog.wording import count
from deepcat.cli.context import Context, pass_context

if TYPE_CHECKING:
    from deepcat_site.values import Report


@click.group()
def command() -> None:
    """Build or serve the website."""


@command.command()
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="The folder to write.  [default: _site]"
)
@pass_context
def build(context: Context, out: Path | None) -> None:
    """Build the website: only files, ready for any static host."""
    from deepcat_site.from_catalog import build_site

    folder = out or context.root / "_site"
    click.echo(_words(build_site(context.root, folder), folder))


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port; 0 takes a free one.")
@click.option("--build/--no-build", default=True, show_default=True, help="Build first.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="The built folder.  [default: _site]"
)
@pass_context
def serve(context: Context, host: str, port: int, build: bool, out: Path | None) -> None:
    """Show the website here; its pages may try the deployments that run on this machine."""
    from deepcat.errors import DeepcatError
    from deepcat_site.from_catalog import build_site, endpoints
    from deepcat_site.serve import server

    folder = out or context.root / "_site"
    if build:
        click.echo(_words(build_site(context.root, folder), folder))
    try:
        running = server(folder, lambda: endpoints(context.root), host, port)
    except OSError as error:
        raise DeepcatError(
            f"cannot listen on {host}:{port}: {error.strerror}",
            hint="name another port with `--port`, or `--port 0` for a free one",
            code="site/port",
        ) from error
    with running:
        bound = running.server_address
        click.echo(f"http://{bound[0]!s}:{bound[1]}/  (Ctrl-C ends it)")
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            click.echo()


def _words(report: Report, folder: Path) -> str:
    return (
        f"{count(report.modules, 'module')}, {report.rendered} made anew;"
        f" {report.written} files written, {report.deleted} deleted: {folder}"
    )
