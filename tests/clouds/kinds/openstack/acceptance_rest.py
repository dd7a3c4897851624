"""Servers that nobody needs, on a real OpenStack: aside, awake and gone; `make openstack`.

The disk of a guest that is put aside is kept by what plays the guests; all else is the cloud's.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import notebooks
import pytest
from stack.catalog import Catalog
from stack.cloud import SMALL, Stack
from stack.lab import NOTHING, OWNER, cloud, means
from waiting import until
from wheels import pin, wheel

import conformance
from deepcat.clouds.kinds.openstack.kind import KIND
from deepcat.clouds.kinds.openstack.machine import awake
from deepcat.clouds.kinds.openstack.names import Of
from deepcat.errors import DeepcatError
from deepcat.records.store import Store

pytestmark = [
    pytest.mark.slow,
    pytest.mark.starts("OpenStack", "hosts with sshd", "Ansible", "JupyterLab"),
    pytest.mark.system("mariadbd", "sshd", "ip", "nsenter"),
    pytest.mark.timeout(2400),
    # The rig's own connections end with the process.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
ASIDE = "SHELVED_OFFLOADED"
MODULES = Path(conformance.__file__).parent
NOTES = "/srv/notes"
FILES = "/home/deepcat/.deepcat/*/.work/demo/notebook/files"


@pytest.fixture
def catalog(stack: Stack, tmp_path: Path) -> Iterator[Catalog]:
    """A catalog with the modules `sums`, a job, and `learns`, a training."""
    made = Catalog(tmp_path / "catalog", stack)
    made.begin()
    for name in ("sums", "learns"):
        shutil.copytree(MODULES / name, made.root / "modules" / name)
    wheels = wheel(tmp_path / "wheels", "slope", "STEP = 0.5\n").parent
    lock = made.root / "modules" / "learns" / "requirements.lock"
    lock.write_text(f"{pin(next(wheels.glob('*.whl')), 'slope')}\n")
    settings = tmp_path / "pip.conf"
    settings.write_text(f"[global]\nno-index = true\nfind-links = {wheels}\n")
    made.environment |= {"PIP_CONFIG_FILE": str(settings), "PIP_FIND_LINKS": str(wheels)}
    with (made.root / "deepcat.yaml").open("a") as stream:
        stream.write(f"allowed_folders: {{sums: ['{NOTES}'], learns: ['{NOTES}']}}\n")
    stack.guests.prepares = lambda host: host.run(f"mkdir -p -m 1777 {NOTES}") and None
    try:
        yield made
    finally:
        made.deepcat("destroy", "--all", "--yes", "--discard", ok=None)


def row(catalog: Catalog) -> dict[str, Any]:
    (found,) = json.loads(catalog.deepcat("status", "demo", "--json"))
    return dict(found)


def server(stack: Stack) -> Any:
    (found,) = stack.ours().compute.servers()
    return found


def test_it_is_put_aside_and_goes_on_as_it_was(stack: Stack, tmp_path: Path) -> None:
    own, given = cloud(stack), means(stack, tmp_path)
    at = (own, given, "demo", SMALL)
    try:
        assert KIND.make(*at, OWNER)  # type: ignore[attr-defined]
        before = server(stack)
        (host,) = stack.guests.all.values()
        host.run("echo kept >/home/deepcat/work")
        assert KIND.rest(*at)  # type: ignore[attr-defined]
        assert not KIND.rest(*at), "it is put aside already"  # type: ignore[attr-defined]
        assert server(stack).status == ASIDE
        until(lambda: not stack.guests.all)
        (found,) = KIND.observe([own], given).found
        assert (found.name, found.up) == ("demo", frozenset())
        with pytest.raises(DeepcatError, match="is put aside"):
            KIND.reach(*at[:2], "demo", SMALL)
        assert not KIND.make(*at, OWNER), "it is the same one"  # type: ignore[attr-defined]
        (host,) = stack.guests.all.values()
        assert host.run("cat /home/deepcat/work") == "kept\n"
        after = server(stack)
        assert (after.id, after.status) == (before.id, "ACTIVE")
        assert KIND.rest(*at)  # type: ignore[attr-defined]
        assert KIND.unmake(*at), "also while it is put aside"  # type: ignore[attr-defined]
    finally:
        KIND.unmake(*at)  # type: ignore[attr-defined]
    assert stack.left() == NOTHING


def test_who_resumes_it_while_somebody_looks_keeps_it(stack: Stack, tmp_path: Path) -> None:
    own, given = cloud(stack), means(stack, tmp_path)
    at = (own, given, "demo", SMALL)
    maker: Any = KIND
    try:
        assert maker.make(*at, OWNER)
        for _ in range(2):  # also when it was resumed so before
            assert maker.rest(*at)
            with awake(own, given, Of(given.catalog, "demo", SMALL)):
                assert server(stack).status == "ACTIVE"
            assert server(stack).status == ASIDE
            with awake(own, given, Of(given.catalog, "demo", SMALL)):
                assert not maker.make(*at, OWNER)
            assert server(stack).status == "ACTIVE"
    finally:
        maker.unmake(*at)
    assert stack.left() == NOTHING


_LOOKS = """
import time
from dataclasses import replace
from pathlib import Path
from deepcat.catalog.load import load_clouds
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.clouds.kinds.openstack.machine import awake
from deepcat.clouds.kinds.openstack.names import Of
from deepcat.clouds.means import means
from deepcat.records.lease import Holder
own = load_clouds(work_tree(Path.cwd()))["lab"]
given = replace(means(Path.cwd()), holder=str(Holder.me()))
with awake(own, given, Of(given.catalog, "demo", "small")):
    print("awake", flush=True)
    time.sleep(600)
"""


def test_who_looks_and_is_killed_leaves_it_to_the_watch(stack: Stack, catalog: Catalog) -> None:
    catalog.wish(module="sums", inputs={"numbers": "1 2 3", "ran": f"{NOTES}/sums"})
    catalog.deepcat("apply", "--yes")
    until(lambda: row(catalog)["status"] == "ended", patience_s=180)
    assert "its machine is put aside" in catalog.deepcat("ci", "watch")
    with subprocess.Popen(
        [sys.executable, "-c", _LOOKS], cwd=catalog.root, stdout=subprocess.PIPE, text=True,
        env={**stack.environment, **catalog.environment},
    ) as looks:  # fmt: skip
        try:
            assert looks.stdout is not None
            assert looks.stdout.readline() == "awake\n"
            assert "put aside" not in catalog.deepcat("ci", "watch"), "it is looked at"
            assert server(stack).status == "ACTIVE"
        finally:
            looks.kill()
    assert server(stack).status == "ACTIVE"
    assert "its machine is put aside" in catalog.deepcat("ci", "watch")
    assert server(stack).status == ASIDE
    assert "put aside" not in catalog.deepcat("ci", "watch")
    catalog.deepcat("destroy", "demo", "--yes")
    assert stack.left() == NOTHING


def test_a_server_that_failed_takes_no_checkpoint_along(stack: Stack, catalog: Catalog) -> None:
    given = {"epochs": 1000, "pause": 1, "ran": f"{NOTES}/learns"}
    catalog.wish(module="learns", profile="train", inputs=given, limits={"time": "1h"})
    catalog.deepcat("apply", "--yes")
    until(lambda: "checkpoint" in catalog.deepcat("status", "demo"), patience_s=120)
    catalog.deepcat("ci", "watch")
    first = server(stack)
    stack.admin().compute.reset_server_state(first, "error")
    for words in (["apply", "--yes"], ["ci", "watch"], ["destroy", "demo", "--yes"]):
        said = catalog.deepcat(*words, ok=None)
        assert server(stack).id == first.id
        if words[0] != "ci":
            assert "[job/unsaved]" in said and "deepcat resume demo" in said, said
    stack.admin().compute.reset_server_state(first, "active")
    catalog.deepcat("apply", "--yes", ok=None)
    assert (server(stack).id, server(stack).status) == (first.id, "ACTIVE")
    catalog.deepcat("destroy", "demo", "--yes", "--discard")
    assert stack.left() == NOTHING


def test_a_server_that_starts_from_a_volume_is_put_aside_with_it(
    stack: Stack, tmp_path: Path
) -> None:
    own, given = cloud(stack, disk={"size": 40}), means(stack, tmp_path)
    at = (own, given, "demo", SMALL)
    try:
        assert KIND.make(*at, OWNER)  # type: ignore[attr-defined]
        assert KIND.rest(*at)  # type: ignore[attr-defined]
        assert server(stack).status == ASIDE
        assert len(stack.left()["volumes"]) == 1
        assert not KIND.make(*at, OWNER)  # type: ignore[attr-defined]
        assert KIND.rest(*at)  # type: ignore[attr-defined]
    finally:
        KIND.unmake(*at)  # type: ignore[attr-defined]
    assert stack.left() == NOTHING


def test_a_job_that_ended_takes_no_host(stack: Stack, catalog: Catalog) -> None:
    catalog.wish(module="sums", inputs={"numbers": "1 2 3", "ran": f"{NOTES}/sums"})
    catalog.deepcat("apply", "--yes")
    until(lambda: row(catalog)["status"] == "ended", patience_s=180)
    assert "sum 6" in catalog.deepcat("logs", "demo")
    assert "its machine is put aside" in catalog.deepcat("ci", "watch")
    first = server(stack)
    assert first.status == ASIDE
    assert "its machine is put aside" in catalog.deepcat("status")
    assert row(catalog)["exit_status"] == 0
    assert "is put aside" in catalog.deepcat("logs", "demo", ok=False)
    assert "Nothing to do" in catalog.deepcat("apply", "--yes")
    assert "put aside" not in catalog.deepcat("ci", "watch")
    # Another input: the same server goes on.
    catalog.wish(module="sums", inputs={"numbers": "1 2 3 4", "ran": f"{NOTES}/sums"})
    catalog.deepcat("apply", "--yes")
    until(lambda: row(catalog)["status"] == "ended", patience_s=180)
    assert "sum 10" in catalog.deepcat("logs", "demo")
    assert server(stack).id == first.id
    assert "its machine is put aside" in catalog.deepcat("ci", "watch")
    catalog.deepcat("destroy", "demo", "--yes")
    assert stack.left() == NOTHING


def test_a_training_is_stopped_and_goes_on(stack: Stack, catalog: Catalog) -> None:
    given = {"epochs": 90, "pause": 1, "ran": f"{NOTES}/learns"}
    catalog.wish(module="learns", profile="train", inputs=given, limits={"time": "1h"})
    catalog.deepcat("apply", "--yes")
    until(lambda: "checkpoint" in catalog.deepcat("status", "demo"), patience_s=120)
    said = catalog.deepcat("stop", "demo", "--yes")
    until(lambda: row(catalog)["status"] == "failed", patience_s=120)
    assert "its machine is put aside" in said + catalog.deepcat("ci", "watch"), said
    first = server(stack)
    assert first.status == ASIDE
    catalog.deepcat("resume", "demo", "--yes")
    until(lambda: row(catalog)["status"] == "ended", patience_s=240)
    assert "begins after 0" not in catalog.deepcat("logs", "demo").rpartition("begins")[2]
    assert server(stack).id == first.id


def test_what_a_training_made_is_collected_and_its_server_goes(
    stack: Stack, catalog: Catalog, tmp_path: Path
) -> None:
    given, limits = {"epochs": 3, "ran": f"{NOTES}/learns"}, {"time": "1h"}
    catalog.wish(module="learns", profile="train", inputs=given, limits=limits)
    catalog.deepcat("apply", "--yes")
    until(lambda: row(catalog)["status"] == "ended", patience_s=240)
    said = catalog.deepcat("ci", "watch", ok=False)  # what it made is no model
    assert "[job/no-output]" in said
    assert "its machine is put aside" in said
    # It is not woken for that again and again.
    assert "job/no-output" not in catalog.deepcat("ci", "watch")
    # What it made is brought from a server that runs for that alone.
    into = tmp_path / "brought"
    into.mkdir()
    own, known = catalog.seen()
    KIND.bring(own, "demo", SMALL, {}, known, "training", into)  # type: ignore[attr-defined]
    assert json.loads((into / "model.json").read_text()) == {"slope": 1.5}
    assert server(stack).status == ASIDE
    _propose(catalog)
    assert "its machine is gone" in catalog.deepcat("ci", "watch")
    assert stack.left() == NOTHING
    assert row(catalog)["status"] == "ended"
    assert "its machine is gone" in catalog.deepcat("status")
    assert "Nothing to do" in catalog.deepcat("apply", "--yes")
    catalog.deepcat("destroy", "demo", "--yes")


def test_a_notebook_that_stopped_takes_no_host_and_its_work_stays(
    stack: Stack, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STACK_SECRET", stack.credential["secret"])
    monkeypatch.setattr(stack.guests, "namespaces", True)
    catalog.wish(profile="develop", inputs={})
    with notebooks.opened(catalog.root, "demo"):
        (host,) = stack.guests.all.values()
        host.run(f"echo '# kept' >>$(echo {FILES})/README.md")
        first = server(stack)
    assert "put aside" in catalog.deepcat("develop", "stop", "demo")
    assert (server(stack).status, row(catalog)["status"]) == (ASIDE, "stopped")
    assert "it is stopped and takes no host" in catalog.deepcat("plan")
    assert "Nothing to do" in catalog.deepcat("apply", "--yes")
    catalog.deepcat("ci", "watch")
    assert server(stack).status == ASIDE
    said = catalog.deepcat("destroy", "demo", "--yes", ok=False)
    assert "[develop/unsaved]" in said
    with notebooks.opened(catalog.root, "demo", "--idle", "30s"):
        (host,) = stack.guests.all.values()
        assert "# kept" in host.run(f"cat $(echo {FILES})/README.md")
        assert (server(stack).id, row(catalog)["status"]) == (first.id, "running")
        # Nobody uses it: its host stops it, and the watch puts the server aside.
        until(lambda: "put aside" in catalog.deepcat("ci", "watch"), patience_s=180, pause_s=2)
    assert (server(stack).status, row(catalog)["status"]) == (ASIDE, "stopped")
    catalog.deepcat("destroy", "demo", "--yes", "--discard")
    assert stack.left() == NOTHING


def _propose(catalog: Catalog) -> None:
    """Write down that all trainings were proposed, as `deepcat propose` does at its end."""
    store = Store(catalog.root)
    for name in store.read_trainings():
        store.update_training(
            name, lambda now: now and replace(now, proposal={"state": "proposed"}), "proposed"
        )
