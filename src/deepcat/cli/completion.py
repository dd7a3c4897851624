"""`deepcat completion`: the shell's completion script, made by click."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from deepcat.cli.say import say_painted


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of SHELL.

    It completes commands, options, and names of the catalog. For good, write it to where the shell
    looks for it:

    bash: `~/.local/share/bash-completion/completions/deepcat`;

    zsh: a file `_deepcat` in a folder of `$fpath`;

    fish: `~/.config/fish/completions/deepcat.fish`.
    """
    from deepcat.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - the three choices are click's own
    say_painted(kind(cli, {}, "deepcat", "_DEEPCAT_COMPLETE").source())
