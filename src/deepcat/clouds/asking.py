"""All clouds of a catalog asked side by side: one that never answers holds up no other."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.offers import Probe
from deepcat.clouds.registry import probe

# A kind keeps its own time; it is given so much more before it counts as silent.
_GRACE_S = 2.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What one cloud answered.

    Attributes:
        probe: what was seen; None when nothing here knows its kind.
        seconds: how long it took.
    """

    probe: Probe | None
    seconds: float


def probe_all(
    clouds: Iterable[Cloud], means: Means, grace_s: float = _GRACE_S
) -> dict[str, Answer]:
    """Cloud's name -> its answer; one that gave none in time is not healthy, and it is said why."""
    asked = {cloud.name: cloud for cloud in clouds}
    answers: SimpleQueue[tuple[str, Answer]] = SimpleQueue()
    begun = time.monotonic()

    def ask(cloud: Cloud) -> None:
        found = probe(cloud, means)
        answers.put((cloud.name, Answer(found, time.monotonic() - begun)))

    for cloud in asked.values():
        # Nobody waits for a thread that hangs in somebody else's code: not even the end of Python.
        Thread(target=ask, args=(cloud,), daemon=True).start()
    found: dict[str, Answer] = {}
    until = begun + means.deadline_s + grace_s
    while len(found) < len(asked):
        try:
            name, answer = answers.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            break
        found[name] = answer
    late = time.monotonic() - begun
    return {name: found.get(name) or Answer(_silent(name, late), late) for name in asked}


def _silent(name: str, seconds: float) -> Probe:
    return Probe(name, healthy=False, detail=f"it gave no answer within {seconds:.0f} s")
