"""`deepcat sweep`: train a module with several values of its inputs, and tell the best."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.completing import cloud_names, modules, versions
from deepcat.cli.context import Context, json_option, pass_context
from deepcat.cli.say import say, say_json
from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.cli.training_sweep import Asked, Told

FORMAT = "deepcat-sweep/v1"


@click.command("sweep")
@click.argument("module", shell_complete=modules)
@click.option(
    "--over",
    multiple=True,
    required=True,
    metavar="NAME[=VALUES]",
    help="An input: `lr=0.1,0.01`, `lr=1e-4..1e-1:log`, for a grid `lr=0.1..0.4/4`.",
)
@click.option(
    "--method",
    type=click.Choice(("grid", "random", "tpe")),
    default="random",
    show_default=True,
    help="All values of each input; points by chance; what Optuna proposes.",
)
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="So many at most; a grid has as many as it has.",
)
@click.option("--parallel", type=click.IntRange(1, 64), default=2, show_default=True,
              help="So many side by side.")  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="Of all that is left to chance.")
@click.option("--metric", default="", help="By which they are compared; the module's by default.")
@click.option("--version", default="", shell_complete=versions, help="A version or a range.")
@click.option("--set", "inputs", multiple=True, metavar="NAME=VALUE", help="The same for all.")
@click.option("--data", "own_data", multiple=True, metavar="NAME=DATA",
              help="Other data than the module's: a data set, or an address.")  # fmt: skip
@click.option("--on", "clouds", multiple=True, shell_complete=cloud_names,
              help="A cloud that will do; any by default.")  # fmt: skip
@click.option("--time", "limit", default="", help="How long each may run, such as 4h.")
@click.option("--cost", type=click.FloatRange(min=0, min_open=True),
              help="Of all: none is begun any more once it is reached.")  # fmt: skip
@click.option("--owner", default="", help="Your handle on the forge.")
@click.option("--dry-run", is_flag=True, help="Show the first points, and train nothing.")
@json_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_context
def command(
    context: Context,
    module: str,
    over: tuple[str, ...],
    method: str,
    trials: int,
    parallel: int,
    seed: int,
    metric: str,
    version: str,
    inputs: tuple[str, ...],
    own_data: tuple[str, ...],
    clouds: tuple[str, ...],
    limit: str,
    cost: float | None,
    owner: str,
    dry_run: bool,
    as_json: bool,
    yes: bool,
) -> None:
    """Train MODULE with several values of its inputs, each point once, and tell the best.

    Each point is a training of its own, as `deepcat train` begins it. The same command goes on
    where it was cut off. Exit status 1 when none of them came to anything.
    """
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.cli import operations, training_sweep, training_wish
    from deepcat.cli.topology import given
    from deepcat.loop.trainings import is_higher_better, metric_of, module_data
    from deepcat.loop.tuned import following
    from deepcat.plan.sweeping import Sweep, axis, check, size
    from deepcat.records.clone import open_store

    root, same = context.root, given(inputs)
    limits = {"time": limit}
    wish = training_wish.wish(root, module, version, same, clouds, owner, limits, own_data)
    data = module_data(work_tree(root), module)
    metric = metric or metric_of(data)
    if not metric:
        raise UsageError(
            f"`{module}` does not say by which metric its trainings are compared",
            hint="name it: `--metric accuracy`",
        )
    sweep = Sweep(
        tuple(axis(each, _declared(data)) for each in over),
        method,
        trials,
        seed,
        is_higher_better(data, metric),
    )
    check(sweep)
    for each in sweep.axes:
        if each.name in same:
            raise UsageError(f"`{each.name}` is swept, and set", hint="leave one of them out")
    name = _name(wish, over, method, seed, metric)
    asked = training_sweep.Asked(name, sweep, wish, metric, parallel, cost or 0.0)
    if dry_run:
        _foresee(asked, following(sweep, (), (), size(sweep) if method != "tpe" else parallel),
                 as_json=as_json)  # fmt: skip
        return
    operations.confirm(f"Train up to {size(sweep)} times, {parallel} side by side?", yes, as_json)
    told = training_sweep.run(root, open_store(root, to_act=True), asked, quiet=as_json)
    if not _tell(asked, told, as_json=as_json):
        raise SystemExit(1)


def _declared(data: Mapping[str, Any]) -> Mapping[str, Any]:
    training = data.get("training")
    found = training.get("inputs") if isinstance(training, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _name(*asked: Any) -> str:
    """Another one for everything else that is asked for, but for how many."""
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _foresee(asked: Asked, points: list[dict[str, Any]], *, as_json: bool) -> None:
    from deepcat.cli.training_wish import name_of

    rows = [{"deployment": name_of(asked.wished(each)), "inputs": each} for each in points]
    if as_json:
        say_json({"format": FORMAT, "sweep": asked.name, "metric": asked.metric, "trials": rows})
        return
    for row in rows:
        say("{}  {}", row["deployment"], json.dumps(row["inputs"], ensure_ascii=False))


def _tell(asked: Asked, told: Told, *, as_json: bool) -> bool:
    """Say which was best; whether any came to anything."""
    from deepcat.cli.training_words import show
    from deepcat.plan.sweeping import best, key

    found = best(asked.sweep, told.trials)
    values = {key(each.point): each.value for each in told.trials}
    names = {key(point): name for name, point in told.points.items()}
    chosen = names[key(found.point)] if found else ""
    if as_json:
        rows = [_row(told, name, values.get(key(point))) for name, point in told.points.items()]
        say_json({"format": FORMAT, "sweep": asked.name, "metric": asked.metric,
                  "trials": rows, "best": chosen})  # fmt: skip
    elif found is None:
        say("None of them told its {}.", asked.metric, fg="red", err=True)
    else:
        say("The best of {} by {}: {}", len(told.trials), asked.metric, chosen, bold=True)
        show(told.trainings[chosen])
        say("`deepcat propose {}` opens a pull request with it.", chosen)
    return found is not None


def _row(told: Told, name: str, value: float | None) -> dict[str, Any]:
    training = told.trainings.get(name)
    return {
        "deployment": name,
        "inputs": told.points[name],
        "training": training.training if training else "",
        "state": training.state if training else "",
        "value": value,
    }
