"""The command `deepcat`: a table of commands, each imported only when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from deepcat import __version__
from deepcat.cli.context import Context
from deepcat.errors import DeepcatError, UsageError
from deepcat.secrets.mask import MaskedStream

# name -> (module under deepcat.cli, one line of help). The order is the order of the help.
COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("check", "Check the catalog and report what is wrong, where, and how to mend it."),
    "new": ("new", "Begin a module, a deployment or a catalog."),
    "import": ("import_", "Turn DEEP or AI4OS metadata into a module."),
    "export": ("export", "Write a module's metadata in another format."),
    "topology": ("topology", "Show a TOSCA template as a tree, JSON, SVG or Mermaid."),
    "match": ("match", "Show which offers of which clouds meet a request, and why others do not."),
    "plan": ("plan", "Show what would change, where, at what cost, and why."),
    "apply": ("apply", "Carry the plan out."),
    "status": ("status", "Show what runs now."),
    "logs": ("logs", "Show a deployment's log."),
    "predict": ("predict", "Ask a running deployment for a prediction."),
    "destroy": ("destroy", "Take deployments down and leave nothing behind."),
    "records": ("records", "Read, verify and rebuild the records."),
    "serve": ("serve", "Serve SavedModels by TensorFlow Serving's REST and gRPC API."),
    "site": ("site", "Build or serve the website."),
    "ci": ("ci", "What the workflows call: pull request, merge, watch, hook."),
    "demo": ("demo", "From a fresh catalog to a prediction and a website, in one go."),
    "completion": ("completion", "Print the shell's completion script."),
}


class _LazyGroup(click.Group):
    """A group that knows its commands' names and help without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's interface
        if cmd_name not in COMMANDS:
            return None
        module_name, _ = COMMANDS[cmd_name]
        module = importlib.import_module(f"deepcat.cli.{module_name}")
        command = module.command
        assert isinstance(command, click.Command)  # noqa: S101 - our own table
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            from deepcat.catalog.wording import nearest, shown

            likely = nearest(args[0], COMMANDS)
            hint = f"did you mean `{likely}`?" if likely else "`deepcat --help` lists them"
            raise UsageError(f"there is no command {shown(args[0])}", hint=hint)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        named = [
            CompletionItem(name, help=text)
            for name, (_, text) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return named + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's interface
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-C",
    "--directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Work on the catalog in this folder.",
)
@click.version_option(__version__, prog_name="deepcat")
@click.pass_context
def cli(ctx: click.Context, directory: Path) -> None:
    """The marketplace for machine-learning modules that lives wholly in Git."""
    ctx.obj = Context(directory)


def main() -> None:
    """Run the command line; the one place where an error becomes text and an exit status."""
    sys.stdout, sys.stderr = MaskedStream(sys.stdout), MaskedStream(sys.stderr)
    try:
        cli(prog_name="deepcat")
    except DeepcatError as error:
        _print(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception as error:
        if os.environ.get("DEEPCAT_DEBUG"):
            raise
        _print(_bug(error))
        sys.exit(70)


def _bug(error: Exception) -> DeepcatError:
    return DeepcatError(
        f"deepcat itself is wrong here: {type(error).__name__}: {error}",
        hint="set DEEPCAT_DEBUG=1 to see where, and please report it",
        code="deepcat/bug",
    )


def _print(error: DeepcatError) -> None:
    code = f" [{error.code}]" if error.code else ""
    click.echo(f"{click.style('error', fg='red', bold=True)}{code}: {error.message}", err=True)
    if error.hint:
        click.echo(f"{click.style('hint', fg='cyan')}: {error.hint}", err=True)


if __name__ == "__main__":
    main()
