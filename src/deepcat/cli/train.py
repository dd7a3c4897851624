"""`deepcat train`: train a module without a file that wishes for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from deepcat.cli.completing import cloud_names, modules, versions
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say, say_lines
from deepcat.cli.training_grid import points
from deepcat.errors import UsageError

# A deployment's name has at most 63 letters.
_LONGEST = 45


@click.command("train")
@click.argument("module", shell_complete=modules)
@click.option("--version", default="", shell_complete=versions, help="A version or a range.")
@click.option("--set", "inputs", multiple=True, metavar="NAME=VALUE", help="An input's value.")
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
@click.option("--owner", default="", help="Your handle on the forge.")
@click.option(
    "--grid", multiple=True, metavar="NAME=V,V,…", help="Values of an input that are all tried."
)
@click.option("--trials", type=click.IntRange(min=1), help="So many points of the grid, by chance.")
@click.option("--seed", default=0, show_default=True, help="Of that chance.")
@click.option(
    "--parallel",
    type=click.IntRange(min=1, max=64),
    default=2,
    show_default=True,
    help="So many points at a time.",
)
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
    clouds: tuple[str, ...],
    name: str,
    limit: str,
    cost: float | None,
    owner: str,
    grid: tuple[str, ...],
    trials: int | None,
    seed: int,
    parallel: int,
    dry_run: bool,
    follow: bool,
    as_json: bool,
    yes: bool,
) -> None:
    """Train MODULE: the same as a deployment with `profile: train`, without its file.

    What was asked for is kept in the records; nothing takes it down but `deepcat destroy`. The very
    same is not trained twice: see `deepcat retry`. Exit status 1 when it was refused or has failed.

    With `--grid` each point is a training of its own, and the best is told at the end; the same
    command goes on where it was cut off.
    """
    from deepcat.cli import operations, training_runs
    from deepcat.loop.jobs import jobs
    from deepcat.loop.observed import as_it_is
    from deepcat.loop.world import gather, only
    from deepcat.plan.render import text
    from deepcat.records.clone import open_store

    root = context.root
    limits = {"time": limit, "cost": cost}
    if grid:
        if name or as_json or follow:
            raise UsageError(
                "a grid has many names, and is followed to its end as it is",
                hint="leave `--name`, `--json` and `--follow` out",
            )
        each = _wish(root, module, version, inputs, clouds, owner) | _given("limits", limits)
        _grid(root, each, points(grid, each.get("inputs", {}), trials, seed), parallel,
              yes=yes, dry_run=dry_run)  # fmt: skip
        return
    data = _wish(root, module, version, inputs, clouds, owner) | _given("limits", limits)
    name = name or _name(data)
    _prove(root, name, data)
    store = open_store(root, to_act=not dry_run)
    gathered = gather(root, store=None if dry_run else store, asked={name: data})
    plan = only(as_it_is(root, gathered).plan(), (name,))
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
        raise SystemExit(0 if well else 1)
    operations.confirm("Carry this out?", yes, as_json)
    due = jobs(plan.changes, gathered)
    outcomes = training_runs.carry(root, store, gathered, due, quiet=as_json)
    if not training_runs.tell(root, store, name, outcomes, follow=follow, as_json=as_json):
        raise SystemExit(1)


def _grid(
    root: Path,
    wish: dict[str, Any],
    every: Sequence[dict[str, Any]],
    parallel: int,
    *,
    yes: bool,
    dry_run: bool,
) -> None:
    """Train each point of a grid, and tell the best."""
    from deepcat.cli import operations, training_grid
    from deepcat.cli.training_words import show
    from deepcat.loop.trainings import best_of
    from deepcat.records.clone import open_store

    plain = [{**wish, "inputs": each} for each in every]
    sweep = training_grid.name_of(plain)
    wishes = {_name(each): {**each, training_grid.KEY: sweep} for each in plain}
    for name, each in wishes.items():
        _prove(root, name, each)
        if dry_run:
            say("{}  {}", name, json.dumps(each["inputs"], ensure_ascii=False))
    if dry_run:
        return
    operations.confirm(f"Train {len(wishes)} times, {parallel} at a time?", yes)
    found = training_grid.run(root, open_store(root, to_act=True), wishes, parallel)
    for best, _ in best_of(root, found).values():
        say("The best of the grid {}:", sweep)
        show(best)
    if len(found) < len(wishes) or any(each.state != "ended" for each in found):
        raise SystemExit(1)


def _wish(
    root: Path,
    module: str,
    version: str,
    inputs: Sequence[str],
    clouds: Sequence[str],
    owner: str,
) -> dict[str, Any]:
    """What a file would say."""
    from deepcat.catalog.beginning.deployment import deployment_data
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.reading.units import UnitKind, units
    from deepcat.catalog.wording import unknown
    from deepcat.cli.topology import given

    every = units(work_tree(root))
    for kind, names in ((UnitKind.MODULE, (module,)), (UnitKind.CLOUD, clouds)):
        known = {unit.name for unit in every if unit.kind is kind}
        for each in names:
            if each not in known:
                raise unknown(kind.value, each, known)
    return deployment_data(
        module,
        version=version or "*",
        profile="train",
        clouds=clouds,
        max_price=None,
        lifetime="",
        owner=owner,
        inputs=given(inputs),
    )


def _given(key: str, held: dict[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in held.items() if value}
    return {key: said} if said else {}


def _name(data: dict[str, Any]) -> str:
    """Another one for everything else that is asked for."""
    asked = json.dumps(data, sort_keys=True, ensure_ascii=False).encode()
    start = f"train-{data['module']}"[:_LONGEST].rstrip("-")
    return f"{start}-{hashlib.sha256(asked).hexdigest()[:8]}"


def _prove(root: Path, name: str, data: dict[str, Any]) -> None:
    """Hold what is asked for against what a file may say.

    Raises:
        UsageError: it would not pass the check, or a file of that name is there.
    """
    from deepcat.catalog.converting.dump import dump
    from deepcat.catalog.reading.units import UnitKind
    from deepcat.cli.new.ask import check_name
    from deepcat.cli.new.prove import prove_file

    check_name(name, "deployment")
    path = f"deployments/{name}.yaml"
    prove_file(UnitKind.DEPLOYMENT, path, dump(data))
    if (root / path).exists():
        raise UsageError(
            f"`{path}` wishes for `{name}` already",
            hint=f"run `deepcat apply {name}`, or choose another `--name`",
        )
