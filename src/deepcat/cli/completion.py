"""`deepcat completion`: the shell's completion script, made by click."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of SHELL.

    For bash: `deepcat completion bash > ~/.local/share/bash-completion/completions/deepcat`.
    """
    from deepcat.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - the three choices are click's own
    click.echo(kind(cli, {}, "deepcat", "_DEEPCAT_COMPLETE").source())
