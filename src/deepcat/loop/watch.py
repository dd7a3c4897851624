"""Records compared with reality: what differs is healed, ended or swept, within bounds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import UsageError
from deepcat.forge.choose import open_inbox
from deepcat.forge.scene import Scene

if TYPE_CHECKING:
    from deepcat.loop.values import Settled
    from deepcat.loop.world import Gathered
    from deepcat.records.record import Record
    from deepcat.review.drift import Drift
    from deepcat.runs.values import Job, Outcome

# So many deployments are changed at most, and as many orphans swept.
MOST = 20


def watch(
    root: Path,
    here: Scene,
    commit: str,
    branch: str,
    *,
    say: Callable[[str], None],
    tell: Callable[[Sequence[Outcome]], None],
    most: int = MOST,
) -> Settled:
    """Settle what differs.

    Args:
        root: the catalog's folder.
        here: what woke us, and the forge.
        commit: that is to hold; HEAD when empty.
        branch: the branch that is the truth.
        say: hears what is done, a line each.
        tell: hears how each change went.
        most: at most so many deployments are changed, and as many orphans swept.

    Raises:
        DeepcatError: there is no such commit, or nothing can be planned from it.
    """
    from deepcat.forge.git import Repository
    from deepcat.loop.settle import settle
    from deepcat.loop.values import Stage
    from deepcat.records.store import Store

    git = Repository(root)
    after = git.commit(commit or "HEAD")
    if not after:
        raise UsageError(f"there is no commit `{commit or 'HEAD'}` here")
    with open_inbox(here, git, branch) as inbox:
        store = Store(root, remote="origin" if here.has_forge else "")
        stage = Stage(root, after, branch, store, inbox, say, tell, by="the watch")

        def observe(gathered: Gathered) -> Mapping[str, Record]:
            drift = _drift(root, gathered)
            for line in drift.lines():
                say(line)
            return _observed(root, gathered, drift)

        def sweep(gathered: Gathered) -> Sequence[Job]:
            return sweeping(_drift(root, gathered), gathered, most)

        jumped = _clock_jump(root)
        return settle(
            stage, lambda _: (), most=most, observe=observe, more=sweep, clock_jump_s=jumped
        )


def _clock_jump(root: Path) -> float:
    """By how much the clock was set since the last watch on this machine; remembers this look."""
    from deepcat.review.clock_jump import ClockReading, from_json, jump, to_json

    kept = root / ".deepcat" / "ci" / "clock.json"
    boot = Path("/proc/sys/kernel/random/boot_id")
    name = boot.read_text().strip() if boot.is_file() else ""
    now = ClockReading(time.time(), time.monotonic(), name)
    before = from_json(kept.read_text("utf-8")) if kept.is_file() else None
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(to_json(now), "utf-8")
    return jump(before, now) if name else 0.0


def differences(root: Path, commit: str) -> list[str]:
    """What differs between the records and what is there, in words; nothing is changed."""
    from deepcat.forge.git import Repository
    from deepcat.loop.world import gather

    gathered = gather(root, Repository(root).commit(commit or "HEAD"))
    return _drift(root, gathered).lines() or ["Everything is as recorded."]


def _drift(root: Path, gathered: Gathered) -> Drift:
    """What differs between the records and what really runs."""
    from deepcat.loop.observation import observe
    from deepcat.review.drift import Seen, drift

    observation = observe(root, gathered.catalog.clouds)
    tagged = observation.tagged()
    seen = {name: Seen(name, tagged.get(name), each.up) for name, each in observation.found.items()}
    wishes = frozenset(gathered.catalog.deployments)
    return drift(gathered.records, seen, observation.covers, wishes, observation.unseen)


def _observed(root: Path, gathered: Gathered, drift: Drift) -> Mapping[str, Record]:
    """The records as they hold now: what died or was changed by hand is no longer as wished."""
    from deepcat.loop.observed import observed
    from deepcat.plan.values import Status

    records = observed(root, gathered.records, gathered.catalog.clouds)
    for name in (*drift.dead, *drift.changed):
        record = records[name]
        records[name] = replace(record, state=replace(record.state, status=Status.FAILED))
    return records


def sweeping(drift: Drift, gathered: Gathered, most: int) -> list[Job]:
    """Jobs that take away what has our owner tag and no record, at most so many. Pure."""
    from deepcat.loop.jobs import sweep

    states = [drift.seen[name].state for name in drift.orphans[:most]]
    return sweep([state for state in states if state is not None], gathered.formers)
