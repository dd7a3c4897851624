"""`deepcat destroy`: take deployments down and leave nothing behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.cli.completing import deployments
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say, say_lines
from deepcat.errors import DeepcatError, UsageError

if TYPE_CHECKING:
    from deepcat.loop.notebooks import Notebook
    from deepcat.records.record import Record


@click.command("destroy")
@click.argument("names", nargs=-1, shell_complete=deployments)
@click.option("--all", "everything", is_flag=True, help="All that is known, recorded or not.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.option("--discard", is_flag=True, help="Delete also what was worked on, for ever.")
@pass_context
def command(
    context: Context,
    names: tuple[str, ...],
    everything: bool,
    yes: bool,
    as_json: bool,
    discard: bool,
) -> None:
    """Take the deployments NAMES down: no process, file or port is left.

    What somebody worked on with `deepcat develop` is kept, unless `--discard` is said; where it
    would go with its machine, none goes whose work no branch has.
    Their files under `deployments/` stay; `deepcat apply` brings up again what they wish.
    """
    from deepcat.cli import operations
    from deepcat.loop.away import all_away, require_here
    from deepcat.loop.carry_out import carry_out, require_begun
    from deepcat.loop.jobs import take_down
    from deepcat.loop.known import known_records, require, wished, with_trials, work_at_hand
    from deepcat.records.clone import open_store

    if bool(names) == everything:
        raise UsageError("name deployments, or say `--all`", hint="deepcat destroy NAME")
    root = context.root
    store = open_store(root, to_act=True)
    tree, catalog, commit, formers = work_at_hand(root)
    records = known_records(root, catalog.clouds, store)
    away = all_away(root, records, catalog.clouds)
    names = with_trials(names, records)
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
    places = _places(root, records, chosen)
    jobs = [take_down(records[name], formers) for name in chosen]
    with operations.progress(as_json) as watcher:
        outcomes = carry_out(
            root, tree, commit, catalog.clouds, jobs, say=watcher, store=store, discard=discard
        )
    require_begun(outcomes)
    if as_json:
        say_lines(operations.as_json(outcomes))
    else:
        operations.tell(outcomes, root)
    gone = {outcome.job.name for outcome in outcomes if outcome.ok}
    _leave([places[name] for name in sorted(gone & places.keys())], discard=discard)
    if left or not all(outcome.ok for outcome in outcomes):
        raise SystemExit(1)


def _places(root: Path, records: Mapping[str, Record], names: Sequence[str]) -> dict[str, Notebook]:
    """Of those that somebody works in, where the work lies that outlives them."""
    from deepcat.loop.developing import notebook_of

    found: dict[str, Notebook] = {}
    for name in names:
        if records[name].state.resources.get("work"):
            with suppress(DeepcatError):  # it was never brought up, or its host is gone
                notebook = notebook_of(root, records[name])
                if notebook.outlived:
                    found[name] = notebook
    return found


def _leave(places: Sequence[Notebook], *, discard: bool) -> None:
    """Say where work lies that is kept, or delete it."""
    for each in places:
        if discard:
            each.discard()
            continue
        say("{}: the work is kept in {}; `deepcat destroy {} --discard` deletes it",
            each.name, each.kept, each.name, err=True)  # fmt: skip
