"""A loop under a random schedule: pushes, merges, re-runs, late runs, races and kills, all real.

A walk begins a catalog with one wish, on a bare repository with its hook or beside the forge's
double, and takes schedules of some events each. After each schedule one watch must bring all in
order: what runs is what main says (the newest version that is good), nothing else of the catalog's
runs, every record is true, and a second watch finds nothing to do. In between, what answers never
goes back to an older version than answered before.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loops import MODULE, NEVER, Bare, Broken, Forge, Loop

# A run has about thirty moments; a number above them lets it end.
MOMENTS = 40


@dataclass
class Walk:
    """One catalog's way through schedules.

    Attributes:
        loop: the catalog with its loop.
        chance: where all choices come from.
        told: what was done, in words.
    """

    loop: Loop
    chance: random.Random
    told: list[str] = field(default_factory=list)
    _ran: int = 0

    def schedule(self) -> None:
        """Some events, then one watch; all must be in order."""
        self.told.append("-- schedule")
        for _ in range(self.chance.randint(2, 4)):
            name = self.chance.choices(list(EVENTS), [each[1] for each in EVENTS.values()])[0]
            self.told.append(name)
            EVENTS[name][0](self)
            self.is_not_older()
        self.told.append("watch")
        self.converged(self.loop.deepcat("ci", "watch"))

    def run(self, before: str, after: str, at: int = NEVER) -> None:
        self.told.append(f"  run {after[:8]}{f' killed at {at}' if at != NEVER else ''}")
        self.loop.ended(self.loop.deploy(before, after, at))

    def span(self, back: int = 0) -> tuple[str, str]:
        """The commits before and after a merge, so many merges ago."""
        commits = self.loop.main.commits
        at = max(len(commits) - 1 - back, 1)
        return (commits[at - 1], commits[at]) if len(commits) > 1 else ("", commits[0])

    def merge(self, change: Callable[[], None], at: int = NEVER) -> None:
        """Change main, and let the run that follows it end, or be killed."""
        change()
        self.loop.commit(f"change {len(self.loop.main.commits)}")
        self.loop.sent()
        self.run(*self.span(), at=at)

    def any_change(self) -> Callable[[], None]:
        loop = self.loop
        if not loop.main.is_wished:
            return loop.wish
        kind = self.chance.choices(("good", "broken", "unwish"), (5, 2, 2))[0]
        self.told.append(f"  {kind}")
        return loop.unwish if kind == "unwish" else lambda: loop.release(kind == "good")

    def moment(self) -> int:
        return self.chance.randint(1, MOMENTS)

    def is_not_older(self) -> None:
        """Raise Broken when what answers is older than what answered before."""
        seen = self.loop.status()
        if not self.loop.main.is_wished:
            self._ran = 0
        if not seen or seen["status"] != "running" or seen["intent"]:
            return
        now = int(seen["version"].split(".")[1])
        if now < self._ran:
            raise Broken(f"production went back from 1.{self._ran}.0 to {seen['version']}")
        self._ran = now

    def converged(self, said: str) -> None:
        """Raise Broken unless main and reality agree."""
        loop, seen = self.loop, self.loop.status()
        again = loop.deepcat("ci", "watch", "--dry-run")
        verified = loop.deepcat("records", "verify")
        processes = loop.processes()
        facts = json.dumps([seen, again, verified, processes, said], indent=1)
        if "nothing wrong" not in verified:
            raise Broken(f"a record is not true: {facts}")
        if not loop.main.is_wished:
            if seen or processes:
                raise Broken(f"nothing is wished, yet something is there: {facts}")
            return
        if not seen or seen["status"] != "running" or seen["intent"]:
            # A tip that is broken brings nothing back; but then nothing of the old may live on.
            if loop.main.tip_is_good or processes:
                raise Broken(f"it does not run: {facts}")
            return
        if loop.main.tip_is_good and seen["version"] != loop.main.versions[-1][0]:
            raise Broken(f"main says {loop.main.versions[-1][0]}: {facts}")
        if (seen["version"], True) not in loop.main.versions:
            raise Broken(f"a version runs that is not good: {facts}")
        servers = [words for words in processes.values() if f" {MODULE}=" in f" {words}"]
        if not servers or sum("supervisord" in words for words in processes.values()) != 1:
            raise Broken(f"one supervisor and its server should run: {facts}")
        if "2.5" not in loop.deepcat("predict", "demo", "--sample", "1"):
            raise Broken(f"it does not answer: {facts}")
        if loop.main.tip_is_good and "Everything is as recorded." not in again:
            raise Broken(f"a second watch finds something: {facts}")


def _late(walk: Walk) -> None:
    """The run of an older merge comes after that of a newer one."""
    walk.run(*walk.span(walk.chance.randint(1, 3)))


def _unheard(walk: Walk) -> None:
    """The run of a merge never comes: the hook or the workflow was lost."""
    walk.any_change()()
    walk.loop.commit("unheard")
    walk.loop.sent()


def _race(walk: Walk) -> None:
    """Two merges follow one another so closely that their runs overlap."""
    for _ in range(2):
        walk.any_change()()
        walk.loop.commit("raced")
    walk.loop.sent()
    runs = [walk.loop.deploy(*walk.span(back)) for back in (1, 0)]
    for run in runs:
        walk.loop.ended(run)


# name -> what happens, and how often.
EVENTS: Mapping[str, tuple[Callable[[Walk], None], int]] = {
    "merge": (lambda walk: walk.merge(walk.any_change()), 5),
    "merge, and the controller is killed": (
        lambda walk: walk.merge(walk.any_change(), walk.moment()),
        5,
    ),
    "merge, and no run comes": (_unheard, 2),
    "the same run again": (lambda walk: walk.run(*walk.span()), 1),
    "an older run, late": (_late, 3),
    "two runs race": (_race, 2),
    "the supervisor is killed": (lambda walk: walk.loop.kill("supervisor"), 2),
    "the server is killed": (lambda walk: walk.loop.kill("server"), 1),
    "the host is killed": (lambda walk: walk.loop.kill("host"), 2),
    "watch": (lambda walk: walk.loop.ended(walk.loop.started(*_watch(walk))) and None, 2),
    "watch, and the controller is killed": (
        lambda walk: walk.loop.ended(walk.loop.started(*_watch(walk), at=walk.moment())) and None,
        2,
    ),
}


def _watch(walk: Walk) -> tuple[str, ...]:
    return ("-C", str(walk.loop.root), "ci", "watch")


@contextmanager
def walk(seed: int, folder: Path, github: Any = None) -> Iterator[Walk]:
    """A walk over a fresh catalog; on the forge's double where one is given."""
    loop: Loop = Forge(folder, github) if github else Bare(folder)
    found = Walk(loop, random.Random(seed))
    try:
        loop.begin()
        yield found
    except Exception as error:
        raise Broken(f"seed {seed}\n" + "\n".join([*found.told, str(error)])) from error
    finally:
        loop.end()
