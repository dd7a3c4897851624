"""`deepcat ci watch`: compare records with reality; heal, expire, sweep. Bounded and recorded."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.cli.ci.shared import out_option, write
from deepcat.cli.context import Context, pass_context
from deepcat.errors import UsageError
from deepcat.forge.choose import open_inbox, scene
from deepcat.forge.scene import Scene

if TYPE_CHECKING:
    from deepcat.loop.values import Settled
    from deepcat.loop.world import Gathered
    from deepcat.records.record import Record
    from deepcat.review.drift import Drift
    from deepcat.runs.values import Job


@click.command("watch")
@click.option("--commit", default="", help="The commit that is to hold; HEAD when not given.")
@click.option("--branch", default="main", show_default=True, help="The branch that is the truth.")
@click.option(
    "--most",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Change at most so many deployments, and sweep as many orphans.",
)
@click.option("--dry-run", is_flag=True, help="Say what differs; change nothing.")
@out_option
@pass_context
def command(
    context: Context, commit: str, branch: str, most: int, dry_run: bool, out: Path
) -> None:
    """Look at every cloud and bring reality back to what main says.

    What died or was changed by hand is healed, what has outlived its lifetime is ended, what nobody
    knows is swept. Exit status 1 when something could not be brought in order.
    """
    from deepcat.loop.settle import as_json

    if dry_run:
        for line in look(context.root, commit):
            click.echo(line)
        return
    settled = watch(context.root, scene(), commit, branch, most=most)
    write(out, "watch.json", as_json(settled))
    if not settled.is_well:
        raise SystemExit(1)


def watch(root: Path, here: Scene, commit: str, branch: str, *, most: int = 20) -> Settled:
    """Settle what differs; see `command`."""
    from deepcat.cli import operations
    from deepcat.forge.git import Git
    from deepcat.loop.settle import settle
    from deepcat.loop.values import Stage
    from deepcat.records.store import Store

    git = Git(root)
    after = git.commit(commit or "HEAD")
    if not after:
        raise UsageError(f"there is no commit `{commit or 'HEAD'}` here")
    with open_inbox(here, git, branch) as inbox:
        store = Store(root, remote="origin" if here.has_forge else "")
        tell = partial(operations.tell, root=root)
        stage = Stage(root, after, branch, store, inbox, click.echo, tell, by="the watch")

        def observe(gathered: Gathered) -> Mapping[str, Record]:
            drift = drift_of(root, gathered)
            for line in drift.lines():
                click.echo(line)
            return observed(root, gathered, drift)

        def sweep(gathered: Gathered) -> Sequence[Job]:
            return sweeping(drift_of(root, gathered), gathered, most)

        jumped = clock_jump(root)
        return settle(
            stage, lambda _: (), most=most, observe=observe, more=sweep, clock_jump_s=jumped
        )


def clock_jump(root: Path) -> float:
    """By how much the clock was set since the last watch on this machine; remembers this look."""
    from deepcat.review.clock_jump import Look, from_json, jump, to_json

    kept = root / ".deepcat" / "ci" / "clock.json"
    boot = Path("/proc/sys/kernel/random/boot_id")
    name = boot.read_text().strip() if boot.is_file() else ""
    now = Look(time.time(), time.monotonic(), name)
    before = from_json(kept.read_text("utf-8")) if kept.is_file() else None
    write(kept.parent, kept.name, to_json(now))
    return jump(before, now) if name else 0.0


def look(root: Path, commit: str) -> list[str]:
    """What differs, in words."""
    from deepcat.forge.git import Git
    from deepcat.loop.world import gather

    gathered = gather(root, Git(root).commit(commit or "HEAD"))
    return drift_of(root, gathered).lines() or ["Everything is as recorded."]


def drift_of(root: Path, gathered: Gathered) -> Drift:
    """What differs between the records and what really runs."""
    from deepcat.loop.sight import look as look_around
    from deepcat.review.drift import Seen, drift

    sight = look_around(root, gathered.catalog.clouds)
    tagged = sight.tagged()
    seen = {name: Seen(name, tagged.get(name), each.up) for name, each in sight.found.items()}
    wishes = frozenset(gathered.catalog.deployments)
    return drift(gathered.records, seen, sight.covers, wishes, sight.unseen)


def observed(root: Path, gathered: Gathered, drift: Drift) -> Mapping[str, Record]:
    """The records as they hold now: what died or was changed by hand is no longer as wished."""
    from deepcat.loop import observed as now
    from deepcat.plan.values import Status

    records = now.observed(root, gathered.records, gathered.catalog.clouds)
    for name in (*drift.dead, *drift.changed):
        record = records[name]
        records[name] = replace(record, state=replace(record.state, status=Status.FAILED))
    return records


def sweeping(drift: Drift, gathered: Gathered, most: int) -> list[Job]:
    """Jobs that take away what has our owner tag and no record."""
    from deepcat.loop.jobs import sweep

    states = [drift.seen[name].state for name in drift.orphans[:most]]
    return sweep([state for state in states if state is not None], gathered.formers)
