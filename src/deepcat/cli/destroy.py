"""`deepcat destroy`: take deployments down and leave nothing behind."""

from __future__ import annotations

import click

from deepcat.cli.completing import deployments
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say, say_lines
from deepcat.errors import UsageError


@click.command("destroy")
@click.argument("names", nargs=-1, shell_complete=deployments)
@click.option("--all", "everything", is_flag=True, help="All that is known, recorded or not.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@pass_context
def command(
    context: Context, names: tuple[str, ...], everything: bool, yes: bool, as_json: bool
) -> None:
    """Take the deployments NAMES down: no process, file or port is left.

    Their files under `deployments/` stay; `deepcat apply` brings up again what they wish.
    """
    from deepcat.cli import operations
    from deepcat.loop.away import all_away, require_here
    from deepcat.loop.carry_out import carry_out, require_begun
    from deepcat.loop.jobs import take_down
    from deepcat.loop.known import known_records, require, wished, work_at_hand
    from deepcat.records.clone import open_store

    if bool(names) == everything:
        raise UsageError("name deployments, or say `--all`", hint="deepcat destroy NAME")
    root = context.root
    store = open_store(root, to_act=True)
    tree, catalog, commit, formers = work_at_hand(root)
    records = known_records(root, catalog.clouds, store)
    away = all_away(root, records, catalog.clouds)
    idle = set(names).difference(records).intersection(wished(root))
    here = sorted(records.keys() - away)
    chosen = here if everything else require(set(names) - idle, records)
    require_here(chosen, away)
    left = sorted(away) if everything else []
    for name in left:
        say("{} is left as it is: it is {}", name, away[name].words, err=True)
    if not as_json:
        for name in sorted(idle):
            say("{}: does not run.", name)
    if not chosen:
        words = "nothing of it is here" if left else "nothing runs"
        say_lines(operations.as_json(()) if as_json else f"Nothing to do: {words}.")
        raise SystemExit(1 if left else 0)
    if not as_json:
        for name in chosen:
            state = records[name].state
            where = f"{state.cloud}/{state.shape}"
            say("- {}: {} on {}", name, state.module, where)
    operations.confirm(f"Take {'all of them' if len(chosen) > 1 else 'it'} down?", yes, as_json)
    jobs = [take_down(records[name], formers) for name in chosen]
    with operations.progress(as_json) as watcher:
        outcomes = carry_out(root, tree, commit, catalog.clouds, jobs, say=watcher, store=store)
    require_begun(outcomes)
    if as_json:
        say_lines(operations.as_json(outcomes))
    else:
        operations.tell(outcomes, root)
    if left or not all(outcome.ok for outcome in outcomes):
        raise SystemExit(1)
