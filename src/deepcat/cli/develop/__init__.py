"""`deepcat develop`: a place to develop a module in."""

from __future__ import annotations

import click

from deepcat.cli.develop.open import command as open_
from deepcat.cli.develop.save import command as save
from deepcat.cli.develop.stop import command as stop


class _Develop(click.Group):
    """A group whose first word may be a name, which is then opened."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands and not args[0].startswith("-"):
            args = ["open", *args]
        return super().resolve_command(ctx, args)


@click.group("develop", cls=_Develop)
def command() -> None:
    """Develop a module in JupyterLab, beside its files and in its environment: `develop NAME`.

    NAME is a module's, or that of a deployment with `profile: develop`. The work is saved every
    minute and before any stop, and outlives restarts and `deepcat destroy`.
    `deepcat develop open --help` has the options, such as `--template` and `--idle`.
    """


for each in (open_, save, stop):
    command.add_command(each)
