"""`deepcat site`: build the website, or show it on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.catalog.wording import count
from deepcat.cli.context import PORT, Context, pass_context
from deepcat.cli.say import say, say_lines, waiting

if TYPE_CHECKING:
    from deepcat_site.values import Report


_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Build or serve the website."""


@command.command()
@click.option("-o", "--out", type=_FOLDER, help="The folder to write.  [default: _site]")
@pass_context
def build(context: Context, out: Path | None) -> None:
    """Build the website: only files, ready for any static host."""
    from deepcat_site.from_catalog import build_site

    folder = out or context.root / "_site"
    with waiting("building the website"):
        report = build_site(context.root, folder)
    say_lines(_words(report, folder))


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=PORT, default=8000, show_default=True, help="The port; 0 takes a free one."
)
@click.option("--build/--no-build", default=True, show_default=True, help="Build first.")
@click.option("-o", "--out", type=_FOLDER, help="The built folder.  [default: _site]")
@pass_context
def serve(context: Context, host: str, port: int, build: bool, out: Path | None) -> None:
    """Show the website here; its pages may try the deployments that run on this machine.

    Pages of trainings that run here show how they go now.
    """
    from deepcat.errors import DeepcatError
    from deepcat_site.from_catalog import build_site, endpoints, going
    from deepcat_site.going import Going
    from deepcat_site.serve import server

    folder = out or context.root / "_site"
    if build:
        with waiting("building the website"):
            report = build_site(context.root, folder)
        say_lines(_words(report, folder))
    try:
        told = Going(lambda: going(context.root)).answer
        running = server(folder, lambda: endpoints(context.root), host, port, told)
    except OSError as error:
        raise DeepcatError(
            f"cannot listen on {host}:{port}: {error.strerror}",
            hint="name another port with `--port`, or `--port 0` for a free one",
            code="site/port",
        ) from error
    with running:
        bound = running.server_address
        say("http://{!s}:{}/  (Ctrl-C ends it)", bound[0], bound[1])
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            say()


def _words(report: Report, folder: Path) -> str:
    return (
        f"{count(report.modules, 'module')}, {report.rendered} made anew;"
        f" {count(report.written, 'file')} written, {report.deleted} deleted: {folder}"
    )
