"""A disk that is read-only or full, locks of others, nobody's name: ordinary errors with hints."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepcat.errors import DeepcatError
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store

OLD = State(
    "old", "half-plus-two", "1.0.0", "", "serve", {}, "local", "host", Status.FAILED, "", ""
)
LOCAL = "apiVersion: deepcat/v1\nname: local\nkind: local\nsummary: This machine.\n"
DEMO = "apiVersion: deepcat/v1\nmodule: half-plus-two\nprofile: serve\nowner: '@ada'\n"
CATALOG = {
    "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n",
    ".gitignore": "/.deepcat/\n/_site/\n",
    "clouds/local.yaml": LOCAL,
    "deployments/demo.yaml": DEMO,
}
# What writes -> how it ends where the disk cannot be written, and where it is full.
WRITES = {
    ("apply", "--yes"): ("disk/read-only", "disk/full"),
    ("destroy", "old", "--yes"): ("disk/read-only", "disk/full"),
    ("ci", "watch"): ("disk/read-only", "disk/full"),
    ("site", "build"): ("disk/read-only", "disk/full"),
    ("metrics", "--out", "figures"): ("metrics/write", "metrics/write"),
    ("new", "deployment", "half-plus-two"): ("tree/write", "tree/write"),
    ("new", "collection", "few", "half-plus-two"): ("tree/write", "tree/write"),
}
READS = [("check",), ("plan",), ("status",), ("records", "verify"), ("records", "log"), ("locks",)]


def deepcat(root: Path, *argv: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "deepcat", *argv],
        cwd=root, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def fill(root: Path, repository: Path) -> None:
    """Make a catalog with a record."""
    for name, text in CATALOG.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    shutil.copytree(repository / "modules" / "half-plus-two", root / "modules" / "half-plus-two")
    for argv in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "begin"]):
        subprocess.run(["git", *argv], cwd=root, check=True)
    Store(root).update("old", lambda _: Record(OLD), "old: failed")


@pytest.fixture(params=["read-only", "full"])
def disk(
    request: pytest.FixtureRequest, tmp_path: Path, repository: Path
) -> Iterator[tuple[Path, int]]:
    """A catalog on a disk of its own, and which of the codes it ends with."""
    place = tmp_path / "disk"
    place.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(place)]
    if subprocess.run(argv, check=False, capture_output=True).returncode:
        pytest.skip("this machine lets us mount nothing")
    try:
        root = place / "catalog"
        root.mkdir()
        fill(root, repository)
        if request.param == "read-only":
            subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        else:
            with pytest.raises(OSError, match="No space left"):
                (place / "all").write_bytes(bytes(16 * 1024 * 1024))
            with pytest.raises(OSError, match="No space left"):
                (place / "rest").write_bytes(bytes(1024 * 1024))
        yield root, ("read-only", "full").index(request.param)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.slow
@pytest.mark.system("mount", "umount")
@pytest.mark.starts("a program")
def test_a_disk_that_cannot_be_written(disk: tuple[Path, int]) -> None:
    root, which = disk
    for argv, codes in WRITES.items():
        status, said = deepcat(root, *argv)
        assert "Traceback" not in said
        assert status == 1, (argv, said)
        assert f"[{codes[which]}]" in said, (argv, said)
        assert "hint: " in said, (argv, said)
    for reads in READS:
        assert deepcat(root, *reads)[0] == 0, reads


@pytest.mark.starts("a program")
def test_nobody_has_a_name(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "catalog"
    fill(root, repository)
    subprocess.run(["git", "config", "user.useConfigOnly", "true"], cwd=root, check=True)
    for name in ("NAME", "EMAIL"):
        for role in ("AUTHOR", "COMMITTER"):
            monkeypatch.delenv(f"GIT_{role}_{name}")
    Store(root).update("old", lambda _: None, "old: is gone")
    assert Store(root).log()[0].author == "deepcat"


def test_a_shallow_clone_reads_and_writes(tmp_path: Path, repository: Path) -> None:
    root, clone = tmp_path / "catalog", tmp_path / "clone"
    fill(root, repository)
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{root}", str(clone)], check=True)
    subprocess.run(
        ["git", "fetch", "-q", "--depth", "1", "origin", "records:records"], cwd=clone, check=True
    )
    assert Store(clone).read_all().keys() == {"old"}
    Store(clone).update("old", lambda _: None, "old: is gone")
    assert Store(clone).read_all() == {}
    # What is fetched next is not taken for older, though nothing shows that it is later.
    for text in ("again", "and again"):
        Store(root).update(
            "old", lambda _, t=text: Record(OLD, created="", samples={"at": t}), text
        )
    fetch = ["git", "fetch", "-q", "--depth", "1", "origin", "+records:records"]
    subprocess.run(fetch, cwd=clone, check=True)
    assert Store(clone).read_all()["old"].samples == {"at": "and again"}


@pytest.mark.parametrize("held", ["the queue", "the ref"])
def test_a_lock_of_another(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch, held: str
) -> None:
    root = tmp_path / "catalog"
    fill(root, repository)
    monkeypatch.setattr("deepcat.records.git.QUEUE_S", 0.1)
    monkeypatch.setattr("deepcat.records.store.PATIENCE_S", 0.1)
    monkeypatch.setattr("deepcat.records.git.Plumbing.unlock", lambda *_: False)
    lock = root / ".git" / ("deepcat-records" if held == "the queue" else "refs/heads/records.lock")
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(DeepcatError) as error:
            Store(root).update("old", lambda _: None, "old: is gone")
    assert error.value.code == "records/busy"
    assert error.value.hint
    assert Store(root).read_all().keys() == {"old"}
