"""Who is killed around a push: nothing is done that the remote does not know of, and all goes on.

A run in one clone is killed before and after each call of Git that writes. What it does to the
world is a line in a file. Then another clone goes on, and the first one too.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.plan.values import Action, Change, Status
from deepcat.records.clone import open_store
from deepcat.records.git import Plumbing
from deepcat.records.journal import RecordJournal
from deepcat.records.lease import Holder
from deepcat.records.record import Record
from deepcat.records.remote import Remote
from deepcat.records.store import Store
from deepcat.runs.values import Job, Outcome

Make = Callable[..., Record]
CHANGE = Change(Action.CREATE, "demo", "half-plus-two", "1.0.0", "serve")
pytestmark = [pytest.mark.starts("Python")]


def act(clone: Path, world: Path, record: Record, run: str, lease_s: float = 0.3) -> None:
    """Plan, write the intent, act, write the outcome; as two processes of different machines."""
    store = open_store(clone, to_act=True)
    known = store.read_all().get("demo")
    if known is not None and known.state.status is Status.RUNNING and not known.intent:
        return
    holder = replace(Holder.me(), machine=clone.name)
    journal = RecordJournal(store, holder, lease_s)
    job = Job(CHANGE, before=known.state if known else None)
    journal.begin(job, run, None)
    with world.open("a") as file:
        file.write(f"{run}\n")
    journal.finish(Outcome(job, replace(record.state, run=run), ok=True, run=run))


def killed(at: int, deed: Callable[[], None]) -> bool:
    """Carry out a deed in a process that is killed at a moment; whether it was."""
    pid = os.fork()
    if pid:
        return os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    left = iter(range(at, -1, -1))

    def moment() -> None:
        if next(left, None) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def call(*arguments: Any, **options: Any) -> Any:
            moment()
            result = real(*arguments, **options)
            moment()
            return result

        setattr(owner, name, call)

    for owner, name in (
        (Plumbing, "commit"),
        (Plumbing, "move"),
        (Remote, "_push"),
        (Remote, "_pushed"),
        (Remote, "keep"),
    ):
        around(owner, name)
    try:
        deed()
    finally:
        os._exit(0)


def refs(root: Path) -> str:
    return subprocess.run(
        ["git", "-C", root, "for-each-ref"], check=True, capture_output=True, text=True
    ).stdout


def matrix(
    shared: Any,
    record: Record,
    tmp_path: Path,
    deed: Callable[[Path, Path], None],
    mend: Callable[[], None] = lambda: None,
) -> int:
    """At how many moments the deed was killed; each is looked at, once what failed is mended."""
    for at in range(100):
        a, b = shared.clone(f"a{at}"), shared.clone(f"b{at}")
        world = tmp_path / f"world{at}"
        was_killed = killed(at, lambda a=a, world=world: deed(a, world))
        mend()
        found = Store(shared.remote).read("demo")
        done = world.read_text().split() if world.exists() else []
        assert not done or (found is not None and (found.intent or found.state.run == done[-1]))
        act(b, world, record, "second")
        shared.stale(a)
        assert open_store(a).read("demo") == Store(shared.remote).read("demo")
        found = open_store(b, to_act=True).read("demo")
        assert found is not None
        assert not found.intent
        assert found.state.run == world.read_text().split()[-1]
        act(a, world, record, "third")
        assert "third" not in world.read_text(), "it runs already"
        open_store(a, to_act=True).update(
            "demo", lambda r: r and replace(r, price_hour=2.0), "demo: x"
        )
        assert "refs/deepcat/push" not in refs(a), "what was begun is taken away"
        if not was_killed:
            return at
        open_store(a, to_act=True).update("demo", lambda _: None, "demo: gone")
    raise AssertionError("it does not end")


def test_whoever_is_killed_leaves_what_another_clone_finishes(
    shared: Any, make_record: Make, tmp_path: Path
) -> None:
    record = make_record("demo")
    count = matrix(shared, record, tmp_path, lambda a, world: act(a, world, record, "first"))
    assert count >= 12


def test_whoever_is_killed_while_an_outcome_is_kept_loses_nothing_that_another_cannot_mend(
    shared: Any, make_record: Make, tmp_path: Path
) -> None:
    record = make_record("demo")
    hook = shared.remote / "hooks" / "pre-receive"
    hook.write_text('#!/bin/sh\nexec test ! -e "$PWD/closed"\n')
    hook.chmod(0o755)
    closed = shared.remote / "closed"

    def lost(a: Path, world: Path) -> None:
        finish = RecordJournal.finish

        def without_network(journal: RecordJournal, outcome: Outcome) -> None:
            closed.touch()
            finish(journal, outcome)

        RecordJournal.finish = without_network  # type: ignore[method-assign]
        act(a, world, record, "first")

    count = matrix(shared, record, tmp_path, lost, lambda: closed.unlink(missing_ok=True))
    assert count >= 12
