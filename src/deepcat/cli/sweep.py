"""`deepcat sweep`: train a module with several values of its inputs, and tell the best."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.completing import cloud_names, modules, versions
from deepcat.cli.context import Context, json_option, pass_context
from deepcat.cli.say import say, say_json
from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.loop.sweeps import Course


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
@click.option("--mount", "mounted", multiple=True, metavar="NAME",
              help="Data that is mounted while each trains, and not fetched before.")  # fmt: skip
@click.option("--on", "clouds", multiple=True, shell_complete=cloud_names,
              help="A cloud that will do; any by default.")  # fmt: skip
@click.option("--time", "limit", default="", help="How long each may run, such as 4h.")
@click.option("--cost", type=click.FloatRange(min=0, min_open=True),
              help="Of all together; none may pass its share of what is left.")  # fmt: skip
@click.option("--prune", is_flag=True,
              help="Stop early what is worse than most others were at the same step.")  # fmt: skip
@click.option("--owner", default="", help="Your handle on the forge.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Show the first points and the most that all take, and train nothing.",
)
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
    mounted: tuple[str, ...],
    clouds: tuple[str, ...],
    limit: str,
    cost: float | None,
    prune: bool,
    owner: str,
    dry_run: bool,
    as_json: bool,
    yes: bool,
) -> None:
    """Train MODULE with several values of its inputs, each point once, and tell the best.

    Each point is a training of its own, as `deepcat train` begins it. The same command goes on
    where it was cut off. Exit status 1 when none of them came to anything.
    """
    from deepcat.catalog.judging.sweeping import Sweep, axis, check, size
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.cli import operations, training_sweep, training_wish
    from deepcat.cli.topology import given
    from deepcat.loop.sweeps import Asked, declared
    from deepcat.loop.trainings import is_higher_better, metric_of, module_data
    from deepcat.loop.tuned import following
    from deepcat.records.clone import open_store

    root, same = context.root, given(inputs)
    limits = {"time": limit}
    read = training_wish.data(root, module, own_data, mounted)
    wish = training_wish.wish(root, module, version, same, clouds, owner, limits, read)
    data = module_data(work_tree(root), module)
    metric = metric or metric_of(data)
    if not metric:
        raise UsageError(
            f"`{module}` does not say by which metric its trainings are compared",
            hint="name it: `--metric accuracy`",
        )
    sweep = Sweep(
        tuple(axis(each, declared(data)) for each in over),
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
    asked = Asked(name, sweep, wish, metric, parallel, cost or 0.0, prune)
    if dry_run:
        first = following(sweep, (), (), size(sweep) if method != "tpe" else parallel)
        if not training_sweep.foresee(root, asked, first, as_json=as_json):
            raise SystemExit(1)
        return
    operations.confirm(f"Train up to {size(sweep)} times, {parallel} side by side?", yes, as_json)
    store = open_store(root, to_act=True)
    begin = partial(training_sweep.begin_asked, root, store)
    course = training_sweep.run(root, store, asked, begin, quiet=as_json)
    if not _tell(course, as_json=as_json):
        raise SystemExit(1)


def _name(*asked: Any) -> str:
    """Another one for everything else that is asked for, but for how many."""
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _tell(course: Course, *, as_json: bool) -> bool:
    """Say which was best; whether any came to anything."""
    from deepcat.cli import training_sweep
    from deepcat.cli.training_words import show

    best, metric = course.best, course.asked.metric
    if as_json:
        say_json({"format": training_sweep.FORMAT, **training_sweep.plain(course)})
    elif best is None:
        say("None of them told its {}.", metric, fg="red", err=True)
    else:
        say("The best of {} by {}: {}", len(course.tried), metric, best.deployment, bold=True)
        show(best)
        say("`deepcat propose {}` opens a pull request with it.", best.deployment)
    return best is not None
