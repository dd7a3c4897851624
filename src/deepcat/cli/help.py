"""`deepcat help`: what a command does, by its name."""

from __future__ import annotations

import click

from deepcat.catalog.wording import nearest
from deepcat.cli.say import say_lines
from deepcat.errors import UsageError


@click.command("help")
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
def command(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Say what a command does, such as `deepcat help records log`; without one, list all."""
    here = ctx.find_root()
    for word in words:
        group = here.command
        found = group.get_command(here, word) if isinstance(group, click.Group) else None
        if found is None:
            raise _unknown(here, word)
        here = click.Context(found, info_name=word, parent=here)
    say_lines(here.get_help())


def _unknown(here: click.Context, word: str) -> UsageError:
    path = here.command_path
    names = here.command.list_commands(here) if isinstance(here.command, click.Group) else []
    likely = nearest(word, names)
    hint = f"did you mean `{path} {likely}`?" if likely else f"see `{path} --help`"
    return UsageError(f"`{path}` has no command `{word}`", hint=hint)
