"""`deepcat train`: train a module without a file that wishes for it."""

from __future__ import annotations

import json

import click

from deepcat.cli.completing import cloud_names, modules, versions
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say, say_lines


@click.command("train")
@click.argument("module", shell_complete=modules)
@click.option("--version", default="", shell_complete=versions, help="A version or a range.")
@click.option("--set", "inputs", multiple=True, metavar="NAME=VALUE", help="An input's value.")
@click.option(
    "--data",
    "own_data",
    multiple=True,
    metavar="NAME=DATA",
    help="Other data than the module's: a data set of the catalog, or an address.",
)
@click.option(
    "--mount",
    "mounted",
    multiple=True,
    metavar="NAME",
    help="Data that is mounted while it trains, and not fetched before.",
)
@click.option(
    "--on",
    "clouds",
    multiple=True,
    shell_complete=cloud_names,
    help="A cloud that will do; any by default.",
)
@click.option("--name", default="", help="Of the deployment; made of what is asked for by default.")
@click.option("--time", "limit", default="", help="How long it may run, such as 4h.")
@click.option("--cost", type=click.FloatRange(min=0, min_open=True), help="What it may cost.")
@click.option("--disk", default="", help="How much it may write, such as 20GiB.")
@click.option(
    "--patience",
    type=click.IntRange(1, 10_000),
    help="End it when its metric got no better for so many values.",
)
@click.option("--stop-metric", default="", help="Which metric that is; the module's by default.")
@click.option(
    "--stop-mode",
    type=click.Choice(["min", "max"]),
    help="Which way it gets better, where the module does not say.",
)
@click.option(
    "--retries", type=click.IntRange(0, 20), help="Try it again so often when its script fails."
)
@click.option(
    "--restarts",
    type=click.IntRange(0, 100),
    help="Begin it again at most so often in a row when its place is taken away.",
)
@click.option("--upload", default="", metavar="ADDRESS",
              help="Where all files that it made are copied to.")  # fmt: skip
@click.option("--upload-with", multiple=True, metavar="NAME=VALUE",
              help="The `credential`, `endpoint`, `region` or `tenant` of `--upload`.")  # fmt: skip
@click.option("--owner", default="", help="Your handle on the forge.")
@click.option("--dry-run", is_flag=True, help="Show the plan, and do nothing.")
@click.option("--follow", "-f", is_flag=True, help="Go on until it has ended.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_context
def command(
    context: Context,
    module: str,
    version: str,
    inputs: tuple[str, ...],
    own_data: tuple[str, ...],
    mounted: tuple[str, ...],
    clouds: tuple[str, ...],
    name: str,
    limit: str,
    cost: float | None,
    disk: str,
    patience: int | None,
    stop_metric: str,
    stop_mode: str | None,
    retries: int | None,
    restarts: int | None,
    upload: str,
    upload_with: tuple[str, ...],
    owner: str,
    dry_run: bool,
    follow: bool,
    as_json: bool,
    yes: bool,
) -> None:
    """Train MODULE: the same as a deployment with `profile: train`, without its file.

    What was asked for is kept in the records; nothing takes it down but `deepcat destroy`. The very
    same is not trained twice: see `deepcat retry`. What lies at an address of `--data` is fetched
    for its checksums, by which the training is known, unless `--mount` names it. Exit status 1 when
    it was refused or has failed.

    What `--upload` names is uploaded to at the end with `--follow`, else by `deepcat propose`.

    `deepcat sweep` trains it with several values of its inputs.
    """
    from deepcat.cli import operations, training_runs, training_wish
    from deepcat.cli.topology import given
    from deepcat.loop.asked import name_of
    from deepcat.loop.jobs import jobs
    from deepcat.loop.observed import as_it_is
    from deepcat.loop.world import gather, only
    from deepcat.plan.render import text
    from deepcat.records.clone import open_store

    root = context.root
    limits = {"time": limit, "cost": cost, "disk": disk}
    read = training_wish.data(root, module, own_data, mounted)
    data = training_wish.wish(root, module, version, given(inputs), clouds, owner, limits, read)
    stop = {"patience": patience, "metric": stop_metric, "mode": stop_mode}
    data |= training_wish.words("stop", stop)
    data |= training_wish.words("retries", {"module": retries, "capacity": restarts})
    data |= training_wish.upload(root, owner, upload, upload_with)
    name = name or name_of(data)
    training_wish.prove(root, name, data)
    store = open_store(root, to_act=not dry_run)
    gathered = gather(root, store=None if dry_run else store, asked={name: data})
    plan = only(as_it_is(root, gathered).plan(), (name,))
    training_wish.tell_changed(gathered.records, data)
    if not as_json:
        say_lines(text(plan, gathered.currency), nl=False)
    if dry_run or plan.refusals:
        if as_json:
            from deepcat.plan.as_json import as_json as plain

            say_lines(json.dumps(plain(plan, gathered.currency), indent=2, ensure_ascii=False))
        raise SystemExit(1 if plan.refusals else 0)
    if plan.is_empty:
        if not as_json:
            say("This is trained already, or is being trained; `deepcat retry {}` does so again.",
                name)  # fmt: skip
        well = training_runs.tell(root, store, name, (), follow=follow, as_json=as_json)
        if well and follow and upload:
            training_runs.upload(root, name, quiet=as_json)
        raise SystemExit(0 if well else 1)
    operations.confirm("Carry this out?", yes, as_json)
    due = jobs(plan.changes, gathered)
    outcomes = training_runs.carry(root, store, gathered, due, quiet=as_json)
    if not training_runs.tell(root, store, name, outcomes, follow=follow, as_json=as_json):
        raise SystemExit(1)
    if follow and upload:
        training_runs.upload(root, name, quiet=as_json)
