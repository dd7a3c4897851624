"""`deepcat logs`: a deployment's log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.cli.context import Context, pass_context
from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.plan.values import State

_PAUSE_S = 0.25
_LINES = 200


@click.command("logs")
@click.argument("name")
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--lines", "-n", type=click.IntRange(min=1), default=_LINES, show_default=True)
@pass_context
def command(context: Context, name: str, follow: bool, lines: int) -> None:
    """Show the log of the deployment NAME; of a failed one, what its last run left."""
    paths = [path for path in _logs(context.root, name) if path.is_file()]
    if not paths:
        raise DeepcatError(
            f"`{name}` has no log on this machine",
            hint="see `deepcat status` for where it runs",
            code="logs/none",
        )
    for path in paths:
        for line in path.read_text("utf-8", "replace").splitlines()[-lines:]:
            click.echo(_visible(line))
    if follow:
        try:
            for line in _follow(paths[-1]):
                click.echo(_visible(line))
        except KeyboardInterrupt:
            return


def _logs(root: Path, name: str) -> list[Path]:
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
    if logs := state.resources.get("logs"):
        return [Path(str(path)) for path in logs]
    folder = folder_of(root, state.run) if state.run else root / "none"
    return sorted([*folder.glob(f"*/{name}.log"), *folder.glob("*/artifacts/*/stdout")])


def _follow(path: Path) -> Iterator[str]:
    """New lines of a file, also when it is begun anew."""
    position = path.stat().st_size
    rest = ""
    while True:
        size = path.stat().st_size if path.exists() else 0
        if size < position:
            position = 0
        if size > position:
            with path.open("rb") as stream:
                stream.seek(position)
                content = stream.read()
            position += len(content)
            *whole, rest = (rest + content.decode("utf-8", "replace")).split("\n")
            yield from whole
        time.sleep(_PAUSE_S)


def _visible(line: str) -> str:
    """The line without what could command a terminal."""
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in line)
