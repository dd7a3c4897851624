"""The records ref as a database, with real Git."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.errors import DeepcatError
from deepcat.records.record import Record
from deepcat.records.store import REF, Store

Make = Callable[..., Record]


def git(root: Path, *argv: str) -> str:
    done = subprocess.run(["git", "-C", root, *argv], check=True, capture_output=True, text=True)
    return done.stdout


def test_records_are_written_read_and_removed(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    assert store.read_all() == {}
    assert store.read("demo") is None
    assert store.log() == ()
    demo = make_record("demo")
    assert store.update("demo", lambda _: demo, "demo: begin") == demo
    store.update("other", lambda _: make_record("other"), "other: begin")
    assert store.read("demo") == demo
    assert set(store.read_all()) == {"demo", "other"}
    store.update("demo", lambda record: record and replace(record, price_hour=1.5), "demo: price")
    assert store.read("demo") == replace(demo, price_hour=1.5)
    assert store.update("demo", lambda _: None, "demo: gone") is None
    assert set(store.read_all()) == {"other"}
    assert [entry.subject for entry in store.log("demo")] == [
        "demo: gone",
        "demo: price",
        "demo: begin",
    ]
    assert len(store.log()) == 4
    assert len(store.log(limit=2)) == 2


def test_the_work_tree_and_the_index_are_not_touched(repo: Path, make_record: Make) -> None:
    (repo / "file").write_text("content")
    git(repo, "add", "file")
    (repo / "file").write_text("changed")
    before = git(repo, "status", "--porcelain=v2", "--branch")
    Store(repo).update("demo", lambda _: make_record("demo"), "begin")
    assert git(repo, "status", "--porcelain=v2", "--branch") == before
    assert sorted(path.name for path in repo.iterdir()) == [".git", "file"]
    assert git(repo, "ls-tree", "-r", "--name-only", REF) == "deployments/demo.yaml\n"


def test_the_same_again_writes_nothing(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    store.update("demo", lambda _: make_record("demo"), "begin")
    store.update("demo", lambda record: record, "nothing")
    store.update("none", lambda record: record, "nothing")
    assert len(store.log()) == 1


def test_what_a_change_raises_ends_the_update(repo: Path) -> None:
    def refuse(_: Record | None) -> Record:
        raise DeepcatError("no", code="test/no")

    with pytest.raises(DeepcatError, match="no"):
        Store(repo).update("demo", refuse, "begin")
    assert Store(repo).read_all() == {}


def test_many_records_lie_in_folders(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    names = [f"d{number}" for number in range(300)]
    store.update("first", lambda _: make_record("first"), "begin")
    store.update_all(names, lambda name, _: make_record(name), "many")
    store.update("d7", lambda record: record and replace(record, price_hour=2.0), "d7: price")
    store.update("first", lambda _: None, "first: gone")
    found = store.read_all()
    assert sorted(found) == sorted(names)
    assert found["d7"].price_hour == 2.0
    assert len(git(repo, "ls-tree", REF, "deployments/").splitlines()) > 100
    assert [entry.subject for entry in store.log("d7")] == ["d7: price", "many"]


def test_what_was_read_before_is_not_parsed_again(repo: Path, make_record: Make) -> None:
    (repo / "deepcat.yaml").write_text("")
    store = Store(repo)
    store.update_all([f"d{n}" for n in range(600)], lambda name, _: make_record(name), "many")
    first = store.read_all()
    cache = repo / ".deepcat" / "cache" / "records.json"
    assert cache.stat().st_size > 0
    assert store.read_all() == first
    store.update("d7", lambda record: record and replace(record, price_hour=2.0), "d7: price")
    found = store.read_all()
    assert found["d7"].price_hour == 2.0
    assert {name: r for name, r in found.items() if name != "d7"} == {
        name: r for name, r in first.items() if name != "d7"
    }
    for damage in ("", "[]", "{", "null"):
        cache.write_text(damage)
        assert store.read_all() == found


def test_a_message_cannot_break_out(repo: Path, make_record: Make) -> None:
    store = Store(repo)
    evil = "x\x00y\x1b[31m\ncommit refs/heads/main\ndata 5\nD deployments\n"
    store.update("demo", lambda _: make_record("demo"), evil)
    assert set(store.read_all()) == {"demo"}
    found = git(repo, "for-each-ref", "--format=%(refname)").split()
    assert found == ["refs/deepcat/records/seen", REF]
    assert "\x1b" not in store.log()[0].subject


def test_a_catalog_may_be_a_folder_of_a_repository(repo: Path, make_record: Make) -> None:
    for name in ("one", 'a "b" ü'):
        folder = repo / "catalogs" / name
        folder.mkdir(parents=True)
        store = Store(folder)
        store.update("demo", lambda _: make_record("demo", owner="x"), "begin")
        assert set(store.read_all()) == {"demo"}
        assert len(store.log("demo")) == 1
    assert Store(repo).read_all() == {}
    files = git(repo, "-c", "core.quotepath=off", "ls-tree", "-r", "-z", "--name-only", REF)
    assert "catalogs/one/deployments/demo.yaml" in files.split("\0")


def test_a_catalog_may_be_a_bare_repository(tmp_path: Path, make_record: Make) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    store = Store(tmp_path / "bare.git")
    store.update("demo", lambda _: make_record("demo"), "begin")
    assert set(store.read_all()) == {"demo"}


def test_a_hooks_environment_does_not_mislead(
    repo: Path, tmp_path: Path, make_record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q", "--bare", "other.git")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")
    Store(repo).update("demo", lambda _: make_record("demo"), "begin")
    assert Store(tmp_path / "other.git").read_all() == {}
    assert set(Store(repo).read_all()) == {"demo"}


def test_outside_git_it_says_so(tmp_path: Path) -> None:
    for act in (lambda s: s.read_all(), lambda s: s.read("a"), lambda s: s.log()):
        with pytest.raises(DeepcatError) as caught:
            act(Store(tmp_path))
        assert caught.value.code == "records/no-git"
        assert "git init" in caught.value.hint


def test_nobody_needs_a_name(
    repo: Path, tmp_path: Path, make_record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.endswith(("_NAME", "_EMAIL"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    git(repo, "config", "user.useConfigOnly", "true")
    store = Store(repo)
    store.update("demo", lambda _: make_record("demo"), "begin")
    assert store.log()[0].author == "deepcat"


def _write_many(root: Path, writer: int, count: int, make: Any) -> None:
    store = Store(root)
    for number in range(count):
        name = f"w{writer}-{number}"
        store.update(name, lambda _, name=name: make(name), f"{name}: begin")

        def count_one(record: Record | None) -> Record:
            base = record or make("shared")
            return replace(base, samples={"passed": base.samples.get("passed", 0) + 1})

        store.update("shared", count_one, "shared: one more")


@pytest.mark.starts("processes")
def test_twenty_writers_lose_nothing(repo: Path, make_record: Make) -> None:
    fork = multiprocessing.get_context("fork")
    writers = [
        fork.Process(target=_write_many, args=(repo, number, 2, make_record))
        for number in range(20)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 20
    store = Store(repo)
    records = store.read_all()
    assert len(records) == 41
    assert records["shared"].samples == {"passed": 40}
    assert len(store.log(limit=1000)) == 80
    git(repo, "fsck", "--strict", "--no-dangling")


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    return tmp_path / "remote.git"


@pytest.fixture
def clones(remote: Path, tmp_path: Path) -> list[Path]:
    made = []
    for name in ("a", "b"):
        git(tmp_path, "init", "-q", name)
        git(tmp_path / name, "remote", "add", "origin", str(remote))
        made.append(tmp_path / name)
    return made


def test_a_remote_is_the_truth(remote: Path, clones: list[Path], make_record: Make) -> None:
    a, b = (Store(clone, remote="origin") for clone in clones)
    assert a.read_all() == {}
    a.update("one", lambda _: make_record("one"), "one: begin")
    b.update("two", lambda _: make_record("two"), "two: begin")
    assert set(a.read_all()) == set(b.read_all()) == {"one", "two"}
    assert set(Store(remote).read_all()) == {"one", "two"}
    assert set(Store(clones[0]).read_all()) == {"one", "two"}, "the clone has it too"
    assert a.read("two") is not None
    assert "refs/deepcat/push" not in git(clones[0], "for-each-ref")


def test_a_push_that_is_rejected_is_tried_again(
    remote: Path, clones: list[Path], make_record: Make
) -> None:
    a, b = (Store(clone, remote="origin") for clone in clones)
    asked = 0

    def change(record: Record | None) -> Record:
        nonlocal asked
        asked += 1
        if asked == 1:  # another writer is first, between our reading and our writing
            b.update("demo", lambda _: make_record("demo", owner="b"), "demo: by b")
        return replace(record or make_record("demo"), price_hour=3.0)

    a.update("demo", change, "demo: by a")
    assert asked == 2
    found = Store(remote).read("demo")
    assert found is not None
    assert (found.state.owner, found.price_hour) == ("b", 3.0)


def test_what_was_written_in_a_clone_alone_is_merged(
    remote: Path, clones: list[Path], make_record: Make
) -> None:
    alone, a, b = (
        Store(clones[0]),
        Store(clones[0], remote="origin"),
        Store(clones[1], remote="origin"),
    )
    for name in ("both", "gone-here", "here", "there"):
        a.update(name, lambda _, name=name: make_record(name), f"{name}: begin")
    alone.update("here", lambda _: make_record("here", owner="a"), "here: by a")
    alone.update("both", lambda _: make_record("both", owner="a"), "both: by a")
    alone.update("new-here", lambda _: make_record("new-here"), "new-here: begin")
    alone.update("gone-here", lambda _: None, "gone-here: gone")
    b.update("there", lambda _: make_record("there", owner="b"), "there: by b")
    b.update("both", lambda _: make_record("both", owner="b"), "both: by b")
    b.update("new-there", lambda _: make_record("new-there"), "new-there: begin")

    a.update("last", lambda _: make_record("last"), "last: begin")
    found = b.read_all()
    assert {name: record.state.owner for name, record in found.items()} == {
        "both": "b",
        "here": "a",
        "last": "",
        "new-here": "",
        "new-there": "",
        "there": "b",
    }
    subjects = [entry.subject for entry in b.log(limit=100)]
    assert "both: by a" in subjects, "what gave way is in the history"


def test_a_clone_that_is_ahead_pushes_all(
    remote: Path, clones: list[Path], make_record: Make
) -> None:
    Store(clones[0]).update("old", lambda _: make_record("old"), "old: begin")
    store = Store(clones[0], remote="origin")
    assert set(store.read_all()) == {"old"}
    store.update("new", lambda _: make_record("new"), "new: begin")
    assert set(Store(remote).read_all()) == {"old", "new"}


def test_a_remote_that_refuses_is_told(remote: Path, clones: list[Path], make_record: Make) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'the branch is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(DeepcatError) as caught:
        Store(clones[0], remote="origin").update("demo", lambda _: make_record("demo"), "begin")
    assert caught.value.code == "records/refused"
    assert "the branch is protected" in caught.value.message
    assert Store(clones[0]).read_all() == {}, "what could not be pushed is not kept"
    with pytest.raises(DeepcatError) as caught:
        Store(clones[0], remote="/nowhere").read_all()
    assert caught.value.code == "records/unreachable"


def test_a_lock_that_a_killed_git_left_is_taken_away(
    repo: Path, make_record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepcat.records.store.PATIENCE_S", 0.2)
    store = Store(repo)
    store.update("demo", lambda _: make_record("demo"), "begin")
    lock = repo / ".git" / f"{REF}.lock"
    lock.touch()
    store.update("demo", lambda _: make_record("demo", owner="x"), "again")
    assert not lock.exists()
    assert len(store.log()) == 2


def test_a_full_disk_is_told_and_loses_nothing(repo: Path, make_record: Make) -> None:
    import resource
    import signal

    store = Store(repo)
    store.update("demo", lambda _: make_record("demo"), "begin")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
    try:
        with pytest.raises(DeepcatError) as caught:
            store.update("demo", lambda _: make_record("demo", owner="x" * 9999), "more")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.code == "records/git"
    assert store.read("demo") == make_record("demo")
    store.update("demo", lambda _: make_record("demo", owner="y"), "again")
    assert len(store.log()) == 2
