"""The reference of the command line, written from the parser itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click
from environment import exit_statuses
from shapes import SHAPES

from deepcat.cli.main import COMMANDS, cli

_HEAD = """\
# The command line

<!-- Written by docs/reference/write.py. -->

`deepcat COMMAND --help`, or `deepcat help COMMAND`, says the same in the terminal.

- `-C DIR` works on the catalog in another folder, `--offline` asks no remote for records; both may
  stand anywhere on the line.
- Colours are for terminals: `NO_COLOR`, `TERM=dumb` and `FORCE_COLOR` are heeded, in
  [one place](environment.md).
- `--json` is for programs. Keys are added, never taken away; [what each command prints](#json) is
  listed below.
- `deepcat completion bash` (`zsh`, `fish`) prints a script with which the shell completes commands,
  options, and the catalog's names: deployments, modules, clouds, codes, samples, inputs, commits.

"""
_STATUSES = "## Exit statuses\n\n"
_JSON = """\
## JSON

What `--json` prints, by command. Of a list, the keys are those of each row.

| command | what | keys |
| --- | --- | --- |
"""


def page() -> str:
    """The page."""
    root = click.Context(cli, info_name="deepcat")
    parts = [_HEAD, *(_command(context) for context in _commands(root))]
    parts += [_STATUSES, exit_statuses(), "\n", _JSON]
    parts += [_shape(path, *found) for path, found in SHAPES.items()]
    return "".join(parts)


def _commands(context: click.Context) -> Iterator[click.Context]:
    """Every command with its words, in the order of the help."""
    command = context.command
    if not isinstance(command, click.Group):
        return
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        if found is not None:
            below = click.Context(found, parent=context, info_name=name)
            yield below
            yield from _commands(below)


def _command(context: click.Context) -> str:
    command = context.command
    marks = "##" if context.command_path.count(" ") == 1 else "###"
    usage = " ".join(command.collect_usage_pieces(context))
    parts = [
        f"{marks} {context.command_path}\n\n```console\n$ {context.command_path} {usage}\n```\n\n"
    ]
    parts.append(f"{_words(command, context)}\n\n")
    options = [
        each for each in command.params if isinstance(each, click.Option) and not each.hidden
    ]
    parts += [_option(each, context) for each in options]
    return "".join(parts)


def _words(command: click.Command, context: click.Context) -> str:
    text = inspect.cleandoc(command.help or "")
    first = COMMANDS.get(context.info_name or "", ("", ""))[1]
    return _escaped(text or first)


def _option(option: click.Option, context: click.Context) -> str:
    """An option as a definition: how it is written, and what it says."""
    record = option.get_help_record(context)
    if record is None:
        return ""
    written, text = record
    return f"`{written}`\n:   {_escaped(text) or 'As the command needs it.'}\n\n"


def _shape(path: str, what: str, keys: tuple[str, ...]) -> str:
    listed = ", ".join(f"`{key}`" for key in keys)
    return f"| `{path}` | {what} | {listed} |\n"


def _escaped(text: str) -> str:
    """Our own words as Markdown: what stands in backticks stays, other marks are written out."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        each if each.startswith("`") else re.sub(r"([*_<>\[\]|])", r"\\\1", each) for each in parts
    )
