"""`deepcat apply`: carry the plan out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from deepcat.catalog.wording import count
from deepcat.cli.completing import commits, deployments
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say, say_lines

if TYPE_CHECKING:
    from deepcat.loop.world import Gathered
    from deepcat.runs.values import Outcome


@click.command("apply")
@click.argument("names", nargs=-1, shell_complete=deployments)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.option(
    "--follow", "-f", is_flag=True, help="Go on with sweeps until there is no more to try."
)
@click.option("--notify", is_flag=True, help="Tell whom `notify` in deepcat.yaml names.")
@click.option(
    "--commit",
    default="",
    shell_complete=commits,
    help="Apply this commit instead of the files as they lie.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=300.0,
    show_default=True,
    help="Seconds that a model may take until it answers.",
)
@pass_context
def command(
    context: Context,
    names: tuple[str, ...],
    yes: bool,
    as_json: bool,
    follow: bool,
    notify: bool,
    commit: str,
    timeout: float,
) -> None:
    """Carry the plan out, for all deployments or for NAMES.

    What already is as wished is not touched. The name of a deployment with a `sweep` stands for all
    of its trainings. Exit status 1 when something failed or was refused.
    """
    from deepcat.cli import operations, training_sweep
    from deepcat.loop.again import pruned
    from deepcat.loop.carry_out import carry_out, require_begun
    from deepcat.loop.jobs import jobs
    from deepcat.loop.observed import as_it_is
    from deepcat.loop.trainings import followed, trains
    from deepcat.loop.world import gather, only
    from deepcat.plan.render import text
    from deepcat.records.clone import open_store

    root = context.root
    store = open_store(root, to_act=True)
    gathered = gather(root, commit, store=store)
    seen = as_it_is(root, gathered)
    trials = seen.sweeps.trials
    plan = only(seen.plan(), names, trials)
    swept = [name for name in trials if not names or name in names]
    chosen = {*names, *(each for name in swept for each in trials[name])}
    late = [job for job in pruned(seen) if not names or job.name in chosen]
    due = [*jobs(plan.changes, gathered), *late]
    if not as_json:
        say_lines(text(plan, gathered.currency, quiet=True), nl=False)
    if not due and not as_json and not plan.refusals and (plan.changes or not swept):
        are = "is" if len(plan.changes) == 1 else "are"
        say("Nothing to do: {} {} as wished.", count(len(plan.changes), "deployment"), are)
    outcomes: tuple[Outcome, ...] = ()
    if due:
        operations.confirm("Carry this out?", yes, as_json)
        with operations.progress(as_json) as watcher:
            outcomes = carry_out(
                root,
                gathered.tree,
                gathered.commit,
                gathered.catalog.clouds,
                due,
                timeout_s=timeout,
                say=watcher,
                store=store,
            )
        require_begun(outcomes)
    if swept or any(each.state is not None and trains(each.state) for each in outcomes):
        followed(root, store, store.read_all(), gathered.catalog.clouds)
    if notify:
        _notify(seen, outcomes, plan.refusals)
    if not as_json:
        operations.tell(outcomes, root)
    courses = training_sweep.wished(root, store, seen, swept, follow=follow, quiet=as_json)
    if as_json:
        told = {"sweeps": [training_sweep.plain(each) for each in courses]} if swept else {}
        say_lines(operations.as_json(outcomes, plan=plan.digest, **told))
    if plan.refusals or not all(outcome.ok for outcome in outcomes):
        raise SystemExit(1)
    if any(each.is_over and each.tried and each.best is None for each in courses):
        raise SystemExit(1)


def _notify(
    gathered: Gathered, outcomes: Sequence[Outcome], refused: Mapping[str, tuple[str, ...]]
) -> None:
    from deepcat.loop.notices import notices
    from deepcat.notify.send import send_all

    title = str(gathered.settings.get("title", ""))
    found = notices(outcomes, refused, gathered.catalog, commit=gathered.commit, title=title)
    send_all(gathered.settings, found, lambda words: say("{}", words, err=True))
