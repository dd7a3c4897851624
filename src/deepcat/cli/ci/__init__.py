"""`deepcat ci`: what the workflows and the hook call; each subcommand is one short file."""

from __future__ import annotations

import importlib

import click

# name -> one line of help; each lies in a module of that name, with a command named `command`.
COMMANDS = {
    "pr": "Review a pull request: findings, plan, and what a maintainer would say.",
    "samples": "Ask the changed modules for their samples on the embedded server.",
    "comment": "Post what the review found as one comment, and label the pull request.",
    "merge": "After a merge: plan again, apply inside the bounds, report what failed.",
    "watch": "Compare records with reality; heal, expire, sweep.",
    "reproduce": "Train every module again; tell where one no longer agrees.",
    "site": "Build the website with the records.",
    "hook": "Run the loop from a bare repository's post-receive hook.",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's interface
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"deepcat.cli.ci.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - our own table
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's interface
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group("ci", cls=_LazyGroup)
def command() -> None:
    """What the workflows call: pull request, merge, watch, hook."""
