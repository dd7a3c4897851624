"""Records compared with reality: what differs is healed, ended or swept, within bounds."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.forge.choose import open_inbox
from deepcat.forge.scene import Scene
from deepcat.loop.observed import Sight, as_known, sight

if TYPE_CHECKING:
    from deepcat.forge.git import Repository
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
        commit: that is to hold, unless the branch has gone on; HEAD when empty.
        branch: the branch that is the truth.
        say: hears what is done, a line each.
        tell: hears how each change went.
        most: at most so many deployments are changed, and as many orphans swept.

    Raises:
        DeepcatError: there is no such commit, or nothing can be planned from it.
    """
    from deepcat.forge.git import Repository
    from deepcat.loop.again import pruned
    from deepcat.loop.settle import settle
    from deepcat.loop.silence import count_silence
    from deepcat.loop.tip import held
    from deepcat.loop.values import Stage
    from deepcat.records.clone import open_store

    git = Repository(root)
    with open_inbox(here, git, branch) as inbox:
        after = held(git, here, commit, branch, say)
        store = open_store(root, "origin" if here.has_forge else "", to_act=True)
        stage = Stage(root, after, branch, store, inbox, say, tell, by="the watch", log=here.log)

        drift: Drift | None = None

        def observe(gathered: Gathered) -> Mapping[str, Record]:
            nonlocal drift
            known = (gathered.records, gathered.settings, gathered.probes, gathered.offers)
            for line in count_silence(store, *known):
                say(line)
            seen = _sight(root, gathered)
            drift = seen.drift
            for line in drift.lines():
                say(line)
            return seen.records

        def sweep(gathered: Gathered) -> Sequence[Job]:
            # It is asked once, after the plan, whose look at all clouds serves it, too.
            swept = sweeping(drift, gathered, most) if drift else []
            return [*swept, *pruned(gathered), *_unwaited(root, gathered)]

        jumped = _clock_jump(root)
        return settle(
            stage,
            _mended(git, after),
            most=most,
            observe=observe,
            more=sweep,
            clock_jump_s=jumped,
        )


def _unwaited(root: Path, gathered: Gathered) -> list[Job]:
    """Jobs that take away what a `reproduce` that was killed left on a cloud."""
    from deepcat.loop.jobs import take_down
    from deepcat.loop.trained.elsewhere import abandoned

    left = abandoned(root, gathered.records, gathered.now, gathered.away)
    return [take_down(each, gathered.formers) for each in left]


def _mended(git: Repository, after: str) -> Callable[[Gathered], Collection[str]]:
    """What waits for somebody to mend it, and was mended by a merge whose run never came."""
    from deepcat.review.due import mended

    def changed(commit: str) -> list[str]:
        before = git.commit(commit)
        return [path for _, path in git.changed(before, after)] if before else []

    def found(gathered: Gathered) -> Collection[str]:
        wishes = gathered.catalog.deployments.items()
        return mended(gathered.records, {name: wish.module for name, wish in wishes}, changed)

    return found


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


def differences(root: Path, here: Scene, commit: str, branch: str) -> list[str]:
    """What differs between main, the records and what is there, in words; nothing is changed."""
    from deepcat.forge.git import Repository
    from deepcat.loop.tip import held
    from deepcat.loop.world import gather
    from deepcat.plan.values import Action

    told: list[str] = []
    gathered = gather(root, held(Repository(root), here, commit, branch, told.append))
    seen = _sight(root, gathered)
    known = {*seen.drift.dead, *seen.drift.changed}
    due = (
        f"{change.deployment}: main says otherwise: {change.action.value}"
        for change in as_known(root, gathered, seen.records).plan().changes
        if change.action is not Action.NONE and change.deployment not in known
    )
    return [*told, *([*seen.drift.lines(), *due] or ["Everything is as recorded."])]


def _sight(root: Path, gathered: Gathered) -> Sight:
    return sight(root, gathered.records, gathered.catalog.clouds, gathered.catalog.deployments)


def sweeping(drift: Drift, gathered: Gathered, most: int) -> list[Job]:
    """Jobs that take away what has our owner tag and no record, and copies, at most so many.

    Pure.
    """
    from deepcat.loop.jobs import sweep, take_copies

    states = [drift.seen[name].state for name in drift.orphans[:most]]
    copies = [each.state for each in drift.copies[: max(most - len(states), 0)]]
    return [
        *sweep([state for state in states if state is not None], gathered.formers),
        *take_copies([state for state in copies if state is not None], gathered.formers),
    ]
