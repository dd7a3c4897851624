"""`deepcat logs`: a deployment's log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.cli.context import Context, pass_context
from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.plan.values import State

_LINES = 200


@click.command("logs")
@click.argument("name")
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--lines", "-n", type=click.IntRange(min=1), default=_LINES, show_default=True)
@pass_context
def command(context: Context, name: str, follow: bool, lines: int) -> None:
    """Show the log of the deployment NAME; of a failed one, what its last run left."""
    shown = False
    try:
        for line in _lines(context.root, name, lines, follow):
            shown = True
            click.echo(_visible(line))
    except KeyboardInterrupt:
        return
    if not shown:
        raise DeepcatError(
            f"`{name}` has no log that can be had here",
            hint="see `deepcat status` for where it runs",
            code="logs/none",
        )


def _lines(root: Path, name: str, last: int, follow: bool) -> Iterator[str]:
    """What it says where it runs, as its kind of cloud has it; else what its last run left."""
    from deepcat.records.store import Store
    from deepcat.runs.execute import folder_of

    record = Store(root).read(name)
    if record is None:
        raise DeepcatError(
            f"nothing is known of a deployment `{name}`",
            hint="see `deepcat status`",
            code="logs/unknown",
        )
    state: State = record.state
    if state.resources:
        yield from _said(root, state, last, follow)
        return
    folder = folder_of(root, state.run) if state.run else root / "none"
    for path in sorted([*folder.glob(f"*/{name}.log"), *folder.glob("*/artifacts/*/stdout")]):
        yield from path.read_text("utf-8", "replace").splitlines()[-last:]


def _said(root: Path, state: State, last: int, follow: bool) -> Iterator[str]:
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.clouds.kind import Means
    from deepcat.clouds.registry import kind_of

    cloud = load(work_tree(root)).clouds.get(state.cloud)
    if cloud is not None:
        yield from kind_of(cloud).logs(cloud, state.resources, Means(root), last, follow)


def _visible(line: str) -> str:
    """The line without what could command a terminal."""
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in line)
