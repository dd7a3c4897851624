"""The records in clones of one remote, by real Git: fetched, pushed, kept, and refused."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.errors import DeepcatError
from deepcat.records.clone import OFFLINE, REMOTE, open_store, read_records
from deepcat.records.record import Record
from deepcat.records.remote import UNPUSHED
from deepcat.records.store import REF, Store

Make = Callable[..., Record]


def git(root: Path, *argv: str) -> str:
    done = subprocess.run(["git", "-C", root, *argv], check=True, capture_output=True, text=True)
    return done.stdout


def begin(clone: Path, record: Record) -> None:
    store = open_store(clone, to_act=True)
    store.update(record.name, lambda _: record, f"{record.name}: begin")


def refuse(remote: Path, words: str = "the branch is protected") -> Path:
    hook = remote / "hooks" / "pre-receive"
    hook.write_text(f"#!/bin/sh\necho '{words}' >&2\nexit 1\n")
    hook.chmod(0o755)
    return hook


def test_a_fresh_clone_knows_what_runs(shared: Any, make_record: Make) -> None:
    begin(shared.clone("a"), make_record("demo"))
    b = shared.clone("b")
    assert set(open_store(b).read_all()) == {"demo"}
    assert open_store(b).read("demo") == make_record("demo")
    assert not Path(b, ".git", "FETCH_HEAD").exists(), "what the person fetched last stays"


def test_of_a_remote_without_records_there_are_none(shared: Any) -> None:
    assert open_store(shared.clone("a")).read_all() == {}
    assert open_store(shared.clone("b"), to_act=True).read_all() == {}


def test_a_branch_of_others_with_the_same_name_is_neither_read_nor_written(
    shared: Any, make_record: Make
) -> None:
    a = shared.clone("a")
    Path(a, "OLD.md").write_text("Long-playing records.\n")
    git(a, "add", ".")
    person = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    git(a, *person, "commit", "-qm", "Begin")
    git(a, "push", "-q", "origin", "main:records")
    reads, writes = shared.clone("reads"), shared.clone("writes")
    for act in (open_store(reads).read_all, lambda: begin(writes, make_record("demo"))):
        with pytest.raises(DeepcatError, match=r"`OLD\.md`") as caught:
            act()
        assert caught.value.code == "records/foreign"
    assert git(shared.remote, "rev-list", "--count", "records") == "1\n"


def test_records_that_are_all_gone_are_still_ours(shared: Any, make_record: Make) -> None:
    a = shared.clone("a")
    begin(a, make_record("demo"))
    open_store(a, to_act=True).update("demo", lambda _: None, "demo: is gone")
    assert open_store(a).read_all() == {}
    begin(shared.clone("b"), make_record("again"))


def test_a_look_within_a_minute_asks_nobody(
    shared: Any, make_record: Make, caplog: pytest.LogCaptureFixture
) -> None:
    a, b = shared.clone("a"), shared.clone("b")
    begin(a, make_record("one"))
    assert set(open_store(b).read_all()) == {"one"}
    begin(a, make_record("two"))
    assert set(open_store(b).read_all()) == {"one"}, "as they were a moment ago"
    assert set(open_store(b, to_act=True).read_all()) == {"one", "two"}, "who acts asks"
    begin(a, make_record("three"))
    shared.stale(b)
    assert set(open_store(b).read_all()) == {"one", "three", "two"}
    assert not caplog.records


def test_offline_the_last_known_records_are_read_and_nothing_is_done(
    shared: Any,
    make_record: Make,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a, b = shared.clone("a"), shared.clone("b")
    begin(a, make_record("one"))
    open_store(b).read_all()
    shared.remote.rename(shared.folder / "away.git")
    with pytest.raises(DeepcatError) as caught:
        begin(b, make_record("two"))
    assert caught.value.code == "records/unreachable"
    assert "deepcat.recordsRemote none" in caught.value.hint
    assert set(open_store(b).read_all()) == {"one"}, "fetched a moment ago, so nobody is asked"
    assert not caplog.records
    shared.stale(b)
    assert set(open_store(b).read_all()) == {"one"}
    assert [each.levelno for each in caplog.records] == [logging.WARNING]
    assert "`origin` cannot be reached" in caplog.text
    assert "what was seen last is known" in caplog.text
    caplog.clear()
    monkeypatch.setenv(OFFLINE, "1")
    shared.stale(b)
    assert set(open_store(b).read_all()) == {"one"}
    assert not caplog.records, "who asked for it knows it"
    with pytest.raises(DeepcatError) as caught:
        begin(b, make_record("two"))
    assert caught.value.code == "records/unreachable"


def test_a_remote_that_could_not_be_reached_is_not_waited_for_again_at_once(
    shared: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    b = shared.clone("b")
    shared.remote.rename(shared.folder / "away.git")
    open_store(b).read_all()
    asked = []
    monkeypatch.setattr("deepcat.git.ask", lambda *words: asked.append(words))
    monkeypatch.setattr("deepcat.records.told._said", set())
    open_store(b).read_all()
    assert not asked
    assert len(caplog.records) == 2, "it is said all the same"


def test_a_remote_that_says_nothing_is_waited_for_a_bounded_time(
    shared: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """`git upload-pack` is a program that sleeps, and has a child that does, too."""
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nsleep 600 & sleep 600\n")
    slow.chmod(0o755)
    b = shared.clone("b")
    git(b, "config", "remote.origin.uploadpack", str(slow))
    git(b, "config", "deepcat.recordsTimeout", "0.3")
    begun = time.monotonic()
    assert open_store(b).read_all() == {}
    assert time.monotonic() - begun < 300
    assert "did not answer within 0.3 s" in caplog.text


def test_a_clone_of_its_own_asks_nobody(
    shared: Any, make_record: Make, caplog: pytest.LogCaptureFixture
) -> None:
    a = shared.clone("a")
    git(a, "config", "deepcat.recordsRemote", "none")
    begin(a, make_record("mine"))
    assert set(open_store(a).read_all()) == {"mine"}
    assert not git(shared.remote, "for-each-ref")
    assert not caplog.records


def test_of_remotes_of_which_none_is_meant_none_is_asked_and_that_is_said(
    shared: Any, caplog: pytest.LogCaptureFixture
) -> None:
    a = shared.clone("a")
    git(a, "remote", "rename", "origin", "one")
    git(a, "remote", "add", "two", "/nowhere")
    assert open_store(a).read_all() == {}
    assert "none of the remotes `one`, `two` is asked" in caplog.text


def test_what_the_environment_names_counts(
    shared: Any, make_record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = shared.clone("a")
    git(a, "remote", "add", "other", "/nowhere")
    git(a, "config", "deepcat.recordsRemote", "other")
    monkeypatch.setenv(REMOTE, "origin")
    begin(a, make_record("demo"))
    assert set(Store(shared.remote).read_all()) == {"demo"}


def test_of_several_remotes_it_is_said_which_one_counts(
    shared: Any, make_record: Make, caplog: pytest.LogCaptureFixture
) -> None:
    a = shared.clone("a")
    git(a, "remote", "add", "fork", "/nowhere")
    begin(a, make_record("demo"))
    assert "the records are those of `origin`" in caplog.text


def test_who_may_not_push_is_told_and_nothing_is_written(shared: Any, make_record: Make) -> None:
    a = shared.clone("a")
    refuse(shared.remote)
    with pytest.raises(DeepcatError) as caught:
        begin(a, make_record("demo"))
    assert caught.value.code == "records/refused"
    assert "the branch is protected" in caught.value.message
    assert not git(a, "for-each-ref")


def test_a_clone_of_the_newest_commit_of_one_branch_knows_what_runs(
    shared: Any, make_record: Make, tmp_path: Path
) -> None:
    a = shared.clone("a")
    git(a, "commit", "-q", "--allow-empty", "-m", "x")
    git(a, "push", "-q", "origin", "main")
    begin(a, make_record("one"))
    begin(a, make_record("two"))
    words = ("--depth", "1", "--single-branch", "--branch", "main")
    git(tmp_path, "clone", "-q", *words, f"file://{shared.remote}", "b")
    assert set(open_store(tmp_path / "b").read_all()) == {"one", "two"}
    begin(tmp_path / "b", make_record("three"))
    shared.stale(a)
    assert set(open_store(a).read_all()) == {"one", "three", "two"}


def test_an_outcome_that_cannot_be_pushed_is_kept_and_the_next_command_pushes_it(
    shared: Any, make_record: Make, caplog: pytest.LogCaptureFixture
) -> None:
    a, b = shared.clone("a"), shared.clone("b")
    begun = replace(make_record("demo"), intent={"action": "create", "run": "r"})
    begin(a, begun)
    store = open_store(a, to_act=True)
    away = shared.remote.rename(shared.folder / "away.git")
    why = store.settle("demo", lambda _: make_record("demo"), "demo: runs")
    assert "cannot be reached" in why
    assert open_store(a).read("demo") == make_record("demo"), "known here all the same"
    away.rename(shared.remote)
    assert open_store(b).read("demo") == begun
    shared.stale(a)
    open_store(a).read_all()
    assert "what was done here is at `origin` now" in caplog.text
    assert UNPUSHED not in git(a, "for-each-ref")
    shared.stale(b)
    assert open_store(b).read("demo") == make_record("demo")


def test_what_is_kept_is_pushed_upon_what_others_wrote_meanwhile(
    shared: Any, make_record: Make
) -> None:
    a, b = shared.clone("a"), shared.clone("b")
    begin(a, replace(make_record("demo"), intent={"run": "r"}))
    hook = refuse(shared.remote)
    assert open_store(a, to_act=True).settle("demo", lambda _: make_record("demo"), "demo: runs")
    hook.unlink()
    begin(b, make_record("other"))
    shared.stale(a)
    assert set(open_store(a).read_all()) == {"demo", "other"}
    assert Store(shared.remote).read_all() == {
        "demo": make_record("demo"),
        "other": make_record("other"),
    }


def test_who_only_reads_pushes_nothing_of_its_own(shared: Any, make_record: Make) -> None:
    """Records that were written before this clone had a remote are not a look's to publish."""
    a = shared.clone("a")
    Store(a).update("mine", lambda _: make_record("mine"), "mine: begin")
    begin(shared.clone("b"), make_record("theirs"))
    assert set(open_store(a).read_all()) == {"mine", "theirs"}
    assert set(Store(shared.remote).read_all()) == {"theirs"}


def test_what_was_taken_away_at_the_remote_does_not_come_back(
    shared: Any, make_record: Make
) -> None:
    a, b = shared.clone("a"), shared.clone("b")
    begin(a, make_record("good"))
    good = git(shared.remote, "rev-parse", REF).strip()
    begin(a, make_record("bad"))
    assert set(open_store(b).read_all()) == {"bad", "good"}
    git(shared.remote, "update-ref", REF, good)
    shared.stale(b)
    with pytest.raises(DeepcatError) as caught:
        open_store(b).read_all()
    assert caught.value.code == "records/older", "that they were moved back is said"
    assert git(b, "rev-parse", REF).strip() == good, "and nothing is merged in that was refused"


def test_what_a_clone_brought_along_is_known_though_nobody_can_be_asked(
    shared: Any, make_record: Make, tmp_path: Path
) -> None:
    begin(shared.clone("a"), make_record("demo"))
    git(tmp_path, "clone", "-q", f"file://{shared.remote}", "b")
    b = tmp_path / "b"
    git(b, "remote", "set-url", "origin", "/nowhere")
    assert set(open_store(b).read_all()) == {"demo"}, "what the clone itself brought along"


@pytest.mark.parametrize("place", ["outside", "owned", "without"])
def test_where_there_can_be_no_records_it_is_said_and_nothing_is_done(
    repo: Path,
    tmp_path: Path,
    place: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    code = {"outside": "records/no-git", "owned": "records/ownership", "without": "git/missing"}
    monkeypatch.setattr("deepcat.records.told._said", set())
    if place == "owned":
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    if place == "without":
        monkeypatch.setenv("PATH", str(tmp_path / "none"))
    root = tmp_path if place == "outside" else repo
    assert read_records(open_store(root)) == {}
    assert "no records are read" in caplog.text
    with pytest.raises(DeepcatError) as caught:
        open_store(root, to_act=True).read_all()
    assert caught.value.code == code[place]
    if place == "owned":
        assert f"git config --global --add safe.directory {repo}" in caught.value.hint


@pytest.mark.starts("Python")
def test_who_act_at_once_in_two_clones_lose_nothing(shared: Any, make_record: Make) -> None:
    clones = [shared.clone("a"), shared.clone("b")]
    script = (
        "import sys; from pathlib import Path; from dataclasses import replace\n"
        "from deepcat.records.clone import open_store\n"
        "store = open_store(Path(sys.argv[1]), to_act=True)\n"
        "def more(r): return replace(r, samples={'passed': r.samples.get('passed', 0) + 1})\n"
        "for _ in range(5): store.update('demo', more, 'demo: again')\n"
    )
    begin(clones[0], make_record("demo"))
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(clones[n % 2])]) for n in range(4)
    ]
    assert [each.wait() for each in writers] == [0] * 4
    found = open_store(shared.clone("c")).read("demo")
    assert found is not None
    assert found.samples == {"passed": 20}
