"""`deepcat clouds orphans`: what nobody wished for and no record knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.context import Context, json_option, pass_context
from deepcat.cli.say import say, say_json, waiting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deepcat.loop.orphans import Orphans
    from deepcat.plan.values import State

FORMAT = "deepcat-orphans/v1"


@click.command("orphans")
@click.option("--sweep", is_flag=True, help="Take them away, with all that they hold.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@pass_context
def command(context: Context, sweep: bool, yes: bool, as_json: bool) -> None:
    """Show what bears this catalog's owner tag on any cloud, and has neither record nor wish.

    So are older copies of what runs elsewhere by now. What another catalog owns is not shown. What
    cannot be looked at is said, and never swept. Exit status 1 when there is anything that was not
    swept, or a cloud could not be looked at.
    """
    from deepcat.loop.orphans import orphans

    with waiting("looking on all clouds"):
        found = orphans(context.root)
    swept: dict[str, Any] = {}
    if not as_json:
        _show(found)
    if sweep and (found.found or found.copies):
        swept = _sweep(context.root, found, yes, as_json)
    if as_json:
        say_json(_plain(found, swept))
    left = [each.name for each in (*found.found, *found.copies) if not swept.get(each.name)]
    if left or found.unseen:
        raise SystemExit(1)


def _sweep(root: Path, found: Orphans, yes: bool, as_json: bool) -> dict[str, bool]:
    """Name -> whether it went well."""
    from deepcat.cli import operations
    from deepcat.loop.carry_out import carry_out, require_begun
    from deepcat.loop.known import work_at_hand
    from deepcat.loop.orphans import sweeping
    from deepcat.records.clone import open_store

    jobs = sweeping(root, found)
    operations.confirm(f"Take {'all of them' if len(jobs) > 1 else 'it'} away?", yes, as_json)
    tree, catalog, commit, _ = work_at_hand(root)
    store = open_store(root, to_act=True)
    with operations.progress(as_json) as watcher:
        outcomes = carry_out(root, tree, commit, catalog.clouds, jobs, say=watcher, store=store)
    require_begun(outcomes)
    if not as_json:
        operations.tell(outcomes, root)
    return {outcome.job.name: outcome.ok for outcome in outcomes}


def _show(found: Orphans) -> None:
    for state in found.found:
        say("{}", state.name, bold=True, nl=False)
        where = f"{state.cloud}/{state.shape}"
        say("  {} {} on {}, by run {}", state.module, state.version, where, state.run)
    for state in found.copies:
        say("{}", state.name, bold=True, nl=False)
        say("  an older copy of it is on {}, by run {}", f"{state.cloud}/{state.shape}", state.run)
    if found.are_lost and found.found:
        say("The records are lost: `deepcat records rebuild` writes them anew; nothing is swept.")
    for name in found.unknown:
        say("{}", name, bold=True, nl=False)
        say("  lies there without an owner tag that can be read; it is left alone")
    for why in found.unseen:
        say("not known: {}", why, fg="yellow")
    if not found.found and not found.copies:
        more = " that could be looked at" if found.unseen else ""
        say("No orphans on any cloud{}.", more)


def _plain(found: Orphans, swept: dict[str, bool]) -> dict[str, Any]:
    def rows(states: Sequence[State]) -> list[dict[str, Any]]:
        return [
            {
                "name": state.name,
                "module": state.module,
                "version": state.version,
                "cloud": state.cloud,
                "shape": state.shape,
                "run": state.run,
                "swept": swept.get(state.name, False),
            }
            for state in states
        ]

    return {
        "format": FORMAT,
        "orphans": rows(found.found),
        "copies": rows(found.copies),
        "unknown": list(found.unknown),
        "unseen": list(found.unseen),
        "records_are_lost": found.are_lost,
    }
