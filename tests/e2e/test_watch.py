"""Reality drifts; the watch brings it back, within bounds, and tells of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deepcat.records.record import Record
from deepcat.records.store import Store
from deepcat.runs.clouds import local
from deepcat.runs.host.supervisor import Supervisor

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]


def kill_all(catalog: Path) -> None:
    """End the supervisor and all that it runs, as a power cut would."""
    supervisor = Supervisor(local(catalog))
    pids = [supervisor.pid(), *(program.pid for program in supervisor.programs().values())]
    assert len(pids) > 1
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def change(hub: Any, name: str, how: Callable[[Record], Record | None]) -> None:
    Store(hub.catalog).update(name, lambda record: how(record) if record else None, "by the test")


def test_what_died_is_healed_and_what_nobody_knows_is_swept(hub: Any) -> None:
    hub.wish("demo")
    hub.wish("other", accelerator={"models": ["H100"], "count": 8})
    hub.commit("wishes")
    said = hub.push("main")
    assert "✓ demo" in said
    assert hub.deepcat("ci", "watch", ok=False).count("H100") == 0
    assert "Everything is as recorded." in hub.deepcat("ci", "watch", "--dry-run")

    kill_all(hub.catalog)
    assert "demo: should run, but does not" in hub.deepcat("ci", "watch", "--dry-run")
    assert hub.status()["demo"]["status"] == "failed"
    assert "✓ demo" in hub.deepcat("ci", "watch", ok=False)
    assert "2.5" in hub.deepcat("predict", "demo", "--sample", "1")

    # Its record and its wish are lost, as no orderly command would do it.
    store = Store(hub.catalog)
    store.update("kept", lambda _: replace(_of(store, "demo"), intent={}), "another record")
    change(hub, "demo", lambda _: None)
    (hub.clone / "deployments/demo.yaml").unlink()
    (hub.clone / "deployments/other.yaml").unlink()
    hub.commit("gone")
    (hub.bare / "hooks/post-receive").unlink()
    hub.push("main")
    hub.git("checkout", "-q", "--detach", "main", at=hub.catalog)
    change(
        hub,
        "kept",
        lambda record: replace(
            record, state=replace(record.state, name="kept", resources={}, endpoints={})
        ),
    )
    said = hub.deepcat("ci", "watch", "--dry-run")
    assert "demo: runs, but nobody wished for it" in said
    hub.deepcat("ci", "watch")
    assert "demo" not in hub.status()
    assert not (hub.catalog / ".deepcat/local/demo").exists()


def _of(store: Store, name: str) -> Record:
    record = store.read(name)
    assert record
    return replace(record, state=replace(record.state, name="kept"))


def test_what_has_outlived_its_lifetime_is_ended_once(hub: Any) -> None:
    hub.wish("demo", lifetime="12h")
    hub.commit("wish")
    hub.push("main")
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    change(hub, "demo", lambda record: replace(record, state=replace(record.state, expires=past)))
    # A clock that was set a year forward ends nothing at once.
    hub.deepcat("ci", "watch", "--most", "0")
    kept = hub.catalog / ".deepcat/ci/clock.json"
    look = json.loads(kept.read_text())
    kept.write_text(json.dumps(look | {"wall": look["wall"] - 365 * 86400}))
    assert "the clock was set by" in hub.deepcat("ci", "watch")
    said = hub.deepcat("ci", "watch")
    assert "demo: is gone" in said
    assert "deepcat/over/demo" in hub.branches()
    assert not (hub.catalog / ".deepcat/local/demo").exists()
    assert "Nothing is due." in hub.deepcat("ci", "watch")
    assert "deepcat/over/demo" in hub.branches()
    hub.git("fetch", "-q", "origin")
    hub.merge("origin/deepcat/over/demo")
    assert hub.branches() == {"main", "records"}


@pytest.mark.system("mount", "umount")
def test_a_full_disk_is_told_and_the_next_watch_heals(hub: Any) -> None:
    folder = local(hub.catalog)
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(folder)], check=True)
    try:
        hub.wish("demo")
        hub.commit("wish")
        said = hub.push("main")
        assert "run/disk-full" in said
        assert "what to mend is said: deepcat/mend/demo" in said
        assert hub.status()["demo"]["status"] == "failed"
        subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True)
        assert "✓ demo" in hub.deepcat("ci", "watch")
        assert "2.5" in hub.deepcat("predict", "demo", "--sample", "1")
        assert "deepcat/mend/demo" not in hub.branches()
    finally:
        hub.end()
        subprocess.run(["umount", "-l", str(folder)], check=True)
