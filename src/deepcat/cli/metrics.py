"""`deepcat metrics`: what a monitoring system is told, as a file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from deepcat.cli.context import Context, json_option, pass_context, remote_option
from deepcat.cli.say import say_document, say_json
from deepcat.errors import UsageError

FORMAT = "deepcat-metrics/v1"


@click.command("metrics")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file; printed when not given. node_exporter reads those that end in `.prom`.",
)
@json_option
@remote_option
@pass_context
def command(context: Context, out: Path | None, as_json: bool, remote: str) -> None:
    """Print figures of all deployments in Prometheus' text format.

    State, wished and running version, age of the last success, price, lifetime, failures, drift,
    the watch and the records: for the textfile collector of Prometheus' node_exporter, which finds
    a file whole or not at all. `deepcat ci watch --metrics FILE` writes the same after each watch.
    """
    from deepcat.loop.monitor import figures, metrics, write
    from deepcat.records.clone import open_store

    store = open_store(context.root, remote)
    if as_json:
        if out is not None:
            raise UsageError(
                "a collector reads Prometheus' text format", hint="leave `--json` or `--out` out"
            )
        found = [asdict(each) for each in figures(context.root, store) if each.samples]
        say_json({"format": FORMAT, "families": found})
        return
    text = metrics(context.root, store)
    if out is None:
        say_document(text)
    else:
        write(out, text)
