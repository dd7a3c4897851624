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

from deepcat.clouds.kinds.local.hosts import local_folder
from deepcat.host.supervisor import Supervisor
from deepcat.records.record import Record
from deepcat.records.store import Store

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]


def kill_all(catalog: Path) -> None:
    """End the supervisor and all that it runs, as a power cut would."""
    supervisor = Supervisor(local_folder(catalog))
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
    assert hub.deepcat("ci", "watch", ok=False).count("H100 asked") == 1, "in the plan alone"
    assert "Everything is as recorded." in hub.deepcat("ci", "watch", "--dry-run")

    kill_all(hub.catalog)
    assert "demo: should run, but does not" in hub.deepcat("ci", "watch", "--dry-run")
    assert hub.status()["demo"]["status"] == "failed"
    figures = hub.folder / "deepcat.prom"
    assert "✓ demo" in hub.deepcat("ci", "watch", "--metrics", str(figures), ok=False)
    assert 'deepcat_deployment_up{deployment="demo"} 1\n' in figures.read_text()
    assert 'deepcat_deployment_in_sync{deployment="other"} 0\n' in figures.read_text()
    assert "deepcat_watch_last_run_success 0\n" in figures.read_text(), "`other` has no place"
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


def test_what_was_changed_by_hand_is_healed_and_what_is_strange_is_left_alone(hub: Any) -> None:
    hub.wish("demo")
    hub.commit("wish")
    hub.push("main")
    folder = local_folder(hub.catalog)
    # Somebody lets a program of their own run among ours, and rewrites the owner's tag.
    Supervisor(folder).add("demo~miner", ["sleep", "600"], folder / "demo" / "miner.log")
    (folder / "strange").mkdir()
    (folder / "strange" / "precious").write_text("somebody's")
    said = hub.deepcat("ci", "watch", "--dry-run")
    assert "demo: was changed by hand: the program demo~miner was added" in said
    assert "strange: lies here without an owner tag; left alone" in said
    assert "✓ demo" in hub.deepcat("ci", "watch")
    assert len(Supervisor(folder).programs()) == 1

    tag = folder / "demo" / "owner.json"
    tag.write_text(json.dumps(json.loads(tag.read_text()) | {"version": "9.9.9"}))
    assert "version is '9.9.9'" in hub.deepcat("ci", "watch")
    tag.unlink()
    said = hub.deepcat("ci", "watch")
    assert "demo: was changed by hand: its owner tag is gone" in said
    assert "✓ demo" in said
    assert json.loads(tag.read_text())["version"] == "1.0.0"
    assert "demo: " not in hub.deepcat("ci", "watch", "--dry-run")
    assert "2.5" in hub.deepcat("predict", "demo", "--sample", "1")
    assert (folder / "strange" / "precious").read_text() == "somebody's"
    log = hub.deepcat("records", "log", "demo", "-n", "50")
    assert log.count("by the watch") == 3, "each action is recorded"


def test_no_more_is_changed_at_once_than_is_said(hub: Any) -> None:
    names = ("one", "two")
    for name in (*names, "kept"):
        hub.wish(name)
    hub.commit("wishes")
    hub.push("main")
    kill_all(hub.catalog)
    said = hub.deepcat("ci", "watch", "--most", "0")
    assert said.count("no more than 0 changes are made at once") == 3
    assert said.count("✓ ") == 0
    said = hub.deepcat("ci", "watch", "--most", "2")
    assert said.count("✓ ") == 2
    assert said.count("no more than 2 changes are made at once") == 1
    # The supervisor, which the two needed, has brought the third up by itself, or this does.
    hub.deepcat("ci", "watch", "--most", "2")
    assert {each["status"] for each in hub.status().values()} == {"running"}

    # Records and wishes of two are lost: they are swept, one at a time.
    (hub.bare / "hooks/post-receive").unlink()
    for name in names:
        change(hub, name, lambda _: None)
        (hub.clone / f"deployments/{name}.yaml").unlink()
    hub.commit("gone")
    hub.push("main")
    hub.git("checkout", "-q", "--detach", "main", at=hub.catalog)
    for left in (1, 0):
        assert "✓ " in hub.deepcat("ci", "watch", "--most", "1")
        assert len([n for n in names if (local_folder(hub.catalog) / n).exists()]) == left
    assert hub.status()["kept"]["status"] == "running"

    # All records are lost: nothing is taken for an orphan, and they are made again from the tags.
    hub.git("update-ref", "-d", "refs/heads/records", at=hub.bare)
    (hub.clone / "deployments/kept.yaml").unlink()
    hub.commit("the wish is gone too")
    hub.push("main")
    hub.git("checkout", "-q", "--detach", "main", at=hub.catalog)
    assert "the records are lost" in hub.deepcat("ci", "watch")
    assert (local_folder(hub.catalog) / "kept").is_dir()
    assert "1 record written" in hub.deepcat("records", "rebuild", "--yes")
    assert hub.status()["kept"]["status"] == "running"
    assert "kept: is gone" in hub.deepcat("ci", "watch")


@pytest.mark.system("mount", "umount")
def test_a_full_disk_is_told_and_the_next_watch_heals(hub: Any) -> None:
    folder = local_folder(hub.catalog)
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
