"""A run is killed after each of its steps; the next one converges, and nothing is orphaned."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from deepcat.clouds.kinds.local.hosts import local_folder
from deepcat.loop.observation import observe
from deepcat.plan.values import Action, Status
from deepcat.records.journal import RecordJournal
from deepcat.runs.values import Event

pytestmark = pytest.mark.tensorflow


class _Killer:
    """A journal, and a listener, that end this very process at a given moment.

    The moments are counted: each intent before and after it is written, each step as it begins
    and as it ends, each outcome before and after it is written.
    """

    def __init__(self, store: Any, at: int) -> None:
        self._real = RecordJournal(store)
        self._at = at
        self.seen = 0

    def moment(self) -> None:
        self.seen += 1
        if self.seen == self._at:
            if self._at % 2:  # now and then Ansible goes first, and its workers with it
                for pid in _below(os.getpid()):
                    os.kill(pid, signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)

    def begin(self, *arguments: Any) -> None:
        self.moment()
        self._real.begin(*arguments)
        self.moment()

    def step(self, *arguments: Any) -> None:
        self._real.step(*arguments)

    def finish(self, outcome: Any) -> None:
        self.moment()
        self._real.finish(outcome)
        self.moment()

    def say(self, event: Event) -> None:
        self.moment()


def _below(pid: int) -> list[int]:
    """The processes that descend from one; daemons do not."""
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            found += [int(child), *_below(int(child))]
    return found


def _killed_at(catalog: Any, at: int) -> bool:
    """Apply in a process of its own; whether it was killed."""
    fork = multiprocessing.get_context("fork")

    def work() -> None:
        killer = _Killer(catalog.store, at)
        catalog.apply(killer, killer.say)
        os._exit(0)

    process = fork.Process(target=work)
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def _settled(catalog: Any) -> None:
    """What runs is what is recorded, and nothing else is there."""
    records = catalog.store.read_all()
    assert not [record.intent for record in records.values() if record.intent]
    running = [r.state for r in records.values() if r.state.status is Status.RUNNING]
    assert catalog.programs() == sorted(p for s in running for p in s.resources["programs"])
    assert set(observe(catalog.root, {}).found) == {state.name for state in running}
    folder = local_folder(catalog.root)
    for state in running:
        servers = sorted(path.name for path in (folder / state.name / "servers").glob("*/*"))
        assert len(servers) == 1
        assert len(list((folder / state.name / "models").glob("*/*"))) == 1


def test_killed_at_every_moment_of_every_change(catalog: Any) -> None:
    # Each run finds what the killed one before it has left, so the damage adds up, and steps that
    # are done already are not begun again: an untroubled run has a few moments more.
    moments = 1
    while _killed_at(catalog, moments):
        moments += 1
    assert moments > 10
    _settled(catalog)
    assert catalog.ask() == [3.0]
    assert catalog.changes()["demo"].action is Action.NONE

    catalog.new_model()
    catalog.commit()
    before = catalog.record.state
    moments = 1
    while _killed_at(catalog, moments):
        assert catalog.ask() == [3.0]  # one version or the other serves at every moment
        moments += 1
    assert moments > 12
    _settled(catalog)
    assert catalog.record.state.model_sha256 != before.model_sha256
    assert catalog.ask() == [3.0]

    catalog.deployment.unlink()
    catalog.commit()
    moments = 1
    while _killed_at(catalog, moments):
        moments += 1
    assert moments > 4
    _settled(catalog)
    assert catalog.is_clean()
    assert catalog.store.read_all() == {}
