"""The command `deepcat`: a table of commands, each imported only when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import suppress
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from deepcat import __version__
from deepcat.cli import streams
from deepcat.cli.context import DIRECTORY, Context, anywhere, stay_offline
from deepcat.cli.ending import ended
from deepcat.cli.statuses import Exit
from deepcat.errors import UsageError

_COMPLETE = "_DEEPCAT_COMPLETE"

# name -> (module under deepcat.cli, one line of help). The order is the order of the help.
COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("check", "Check the catalog and report what is wrong, where, and how to mend it."),
    "new": ("new", "Begin a module, a deployment or a catalog."),
    "import": ("import_", "Turn the metadata of other catalogs into modules."),
    "export": ("export", "Write a module's metadata in another format."),
    "render": (
        "render",
        "Write a deployment as manifests for Kubernetes, Kustomize, Helm or KServe.",
    ),
    "topology": ("topology", "Show a TOSCA template as a tree, JSON, SVG or Mermaid."),
    "clouds": ("clouds", "Show the clouds and what they have; begin one; find what is left there."),
    "data": (
        "data",
        "Show the data sets that modules are trained with; name, fetch and hold them.",
    ),
    "match": ("match", "Show which offers of which clouds meet a request, and why others do not."),
    "plan": ("plan", "Show what would change, where, at what cost, and why."),
    "apply": ("apply", "Carry the plan out."),
    "status": ("status", "Show what runs now."),
    "logs": ("logs", "Show a deployment's log."),
    "ssh": ("ssh", "Open a shell where a deployment lies."),
    "train": ("train", "Train a module without a file that wishes for it."),
    "sweep": ("sweep", "Train a module with several values of its inputs, and tell the best."),
    "retry": ("retry", "Train once more, from nothing, what was trained."),
    "resume": ("resume", "Go on with a training from its last checkpoint."),
    "stop": ("stop", "End a training so that it can go on."),
    "trainings": ("trainings", "Show how modules were trained, and what came of it."),
    "develop": ("develop", "Develop a module in JupyterLab, beside its files and environment."),
    "tunnel": ("tunnel", "Hold ports of this machine that lead to a deployment."),
    "predict": ("predict", "Ask a running deployment for a prediction."),
    "rollback": ("rollback", "Take a deployment's wish back to a version that ran before."),
    "propose": ("propose", "Open a pull request with what a training made."),
    "reproduce": ("reproduce", "Train a module again, and compare."),
    "store": ("store", "Look after the store of models."),
    "destroy": ("destroy", "Take deployments down and leave nothing behind."),
    "adopt": ("adopt", "Take what runs already into the records, without touching it."),
    "locks": ("locks", "Show what is being worked on and by whom, and release what is stuck."),
    "records": ("records", "Read, verify and rebuild the records."),
    "metrics": ("metrics", "Print figures of all deployments, for Prometheus."),
    "serve": ("serve", "Serve SavedModels by TensorFlow Serving's REST and gRPC API."),
    "runtime": ("runtime", "Build what hosts need that have no deepcat of their own."),
    "site": ("site", "Build or serve the website."),
    "ci": ("ci", "What the workflows call: pull request, merge, watch, hook."),
    "doctor": ("doctor", "Say what this machine has and lacks for each of deepcat's jobs."),
    "help": ("help", "Say what a command does, as its `--help`."),
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
        return anywhere(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not ctx.resilient_parsing and not args[0].startswith("-"):
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
    type=DIRECTORY,
    default=Path(),
    help="Work on the catalog in this folder; may stand anywhere on the line.",
)
@click.option(
    "--offline",
    is_flag=True,
    expose_value=False,
    callback=stay_offline,
    help="Do not ask the remote for records: read those known here.",
)
@click.version_option(__version__, prog_name="deepcat")
@click.pass_context
def cli(ctx: click.Context, directory: Path) -> None:
    """The marketplace for machine-learning modules that lives wholly in Git."""
    ctx.obj = Context(directory)


def main() -> None:
    """Run the command line to its end."""
    streams.prepare()
    sys.exit(ended(_run))


def _run() -> int:
    if asked := os.environ.get(_COMPLETE):
        from click.shell_completion import shell_complete

        # Where something is wrong the key shows nothing: its line is no place for errors.
        with suppress(Exception):
            return shell_complete(cli, {}, "deepcat", _COMPLETE, asked)
        return Exit.FAILURE
    with cli.make_context("deepcat", sys.argv[1:]) as context:
        cli.invoke(context)
    return Exit.OK


if __name__ == "__main__":
    main()
