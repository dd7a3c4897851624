"""What every command shares: where the catalog is, and how to speak to the person."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import click

from deepcat.errors import UsageError

MARKER = "deepcat.yaml"
DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
PORT = click.IntRange(0, 65535)
_KEY = "deepcat.directory"


@dataclass(slots=True)
class Context:
    """The options given before the command.

    Attributes:
        directory: where the search for the catalog's root starts.
    """

    directory: Path

    @property
    def root(self) -> Path:
        """The catalog's root: the nearest folder upwards that holds `deepcat.yaml`.

        Raises:
            UsageError: there is none.
        """
        start = self.directory.resolve()
        for folder in (start, *start.parents):
            if (folder / MARKER).is_file():
                return folder
        raise UsageError(
            f"no catalog here: neither `{start}` nor a folder above it holds `{MARKER}`",
            hint="go into a catalog, name one with `-C DIR`, or try `deepcat new catalog NAME`",
        )


def started_in(ctx: click.Context) -> Path:
    """The folder that the line names, also while the shell completes and no command has begun."""
    named = ctx.meta.get(_KEY) or ctx.find_root().params.get("directory") or Path()
    return Path(named)


def anywhere(command: click.Command) -> click.Command:
    """The command, with the options of all also behind its name, and those of its commands."""
    if any("-C" in param.opts for param in command.params):
        return command
    for words, more, callback in (
        (["-C", "--directory"], {"type": DIRECTORY}, _take),
        (["--offline"], {"is_flag": True}, stay_offline),
    ):
        option = click.Option(words, expose_value=False, hidden=True, callback=callback, **more)
        command.params.append(option)
    for each in command.commands.values() if isinstance(command, click.Group) else ():
        anywhere(each)
    return command


def _take(ctx: click.Context, _: click.Parameter, directory: Path | None) -> None:
    if directory is not None:
        ctx.meta[_KEY] = directory
        if found := ctx.find_object(Context):
            found.directory = directory


def stay_offline(_ctx: click.Context, _: click.Parameter, offline: bool) -> None:
    """Let nothing ask a remote for records."""
    if offline:
        os.environ["DEEPCAT_OFFLINE"] = "1"


pass_context = click.make_pass_decorator(Context)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
remote_option = click.option(
    "--remote", default="", help="Work on the records of this remote, such as `origin`."
)
