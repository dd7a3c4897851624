"""`deepcat locks`: who works on what, and what is stuck is released."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from deepcat.cli.main import cli
from deepcat.errors import DeepcatError
from deepcat.plan.values import State, Status
from deepcat.records.audit import facts
from deepcat.records.lease import Holder, Lease
from deepcat.records.record import Record
from deepcat.records.store import Store

INTENT = {"action": "create", "run": "r1", "since": "2026-01-01T00:00:00+00:00", "begun": ["c0"]}
ELSEWHERE = Holder("another-machine", 7, "1")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    (tmp_path / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: T\nsummary: S.\n")
    return tmp_path


def _record(name: str) -> Record:
    state = State(
        name=name,
        module="plants",
        version="1.0.0",
        module_digest="",
        profile="serve",
        inputs={},
        cloud="here",
        shape="host",
        status=Status.PENDING,
        wish_digest="",
        commit="",
    )
    return Record(state)


def _lock(root: Path, holder: Holder, name: str = "garden", lease_s: float = 90) -> Lease:
    lease = Lease(Store(root), holder, lease_s)
    lease.take(name, INTENT, lambda: _record(name), f"{name}: begin")
    return lease


def _call(root: Path, *argv: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(root), "locks", *argv])


def _dead() -> Holder:
    """A process of this machine that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return Holder(Holder.me().machine, child.pid, "1")


def _intent(root: Path) -> dict[str, object]:
    record = Store(root).read("garden")
    assert record is not None
    return dict(record.intent)


def test_nothing_is_locked(root: Path) -> None:
    assert _call(root).output == "Nothing is locked.\n"
    assert json.loads(_call(root, "--json").output) == []


def test_each_lock_is_told_with_its_holder(root: Path) -> None:
    _lock(root, Holder.me(), "alive")
    _lock(root, ELSEWHERE, "away")
    rows = {row["deployment"]: row for row in json.loads(_call(root, "--json").output)}
    assert rows["alive"]["lives"] is True
    assert rows["away"]["lives"] is None, "one look does not tell"
    assert (rows["away"]["run"], rows["away"]["since"]) == ("r1", INTENT["since"])
    assert rows["away"]["until"] > rows["away"]["seen"][:19]
    words = _call(root).output
    assert f"process {Holder.me().pid} on this machine, which lives" in words
    assert "process 7 on another machine (another-machine); its last sign of life was at" in words


def test_hostile_words_in_a_record_end_no_line(root: Path) -> None:
    _lock(root, ELSEWHERE)
    bad = {**_intent(root), "run": "r1\x1b[2J\nforged: all is well"}
    Store(root).update("garden", lambda r: r and replace(r, intent=bad), "garden: forged")
    words = _call(root).output
    assert "\x1b[2J" not in words
    assert "\nforged" not in words


def test_who_lives_keeps_its_lock(root: Path) -> None:
    _lock(root, Holder(Holder.me().machine, 1, _start_of_init()))
    done = _call(root, "release", "garden", "--yes")
    assert isinstance(done.exception, DeepcatError)
    assert done.exception.code == "run/busy"
    assert "deepcat locks" in done.exception.hint
    assert _intent(root)["holder"]


def _start_of_init() -> str:
    return Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19]


def test_force_takes_it_from_who_lives_and_says_so(root: Path) -> None:
    theirs = _lock(root, Holder(Holder.me().machine, 1, _start_of_init()))
    assert _call(root, "release", "garden", "--yes", "--force").exit_code == 0
    assert _intent(root) == INTENT, "what was begun stays noted"
    entry = Store(root).log("garden", 1)[0]
    told = facts(entry.body)
    assert entry.subject == "garden: the lock was released"
    assert (told["action"], told["run"], told["forced"]) == ("release", "r1", "yes")
    with pytest.raises(DeepcatError) as caught:
        theirs.give_back("garden", lambda record: record, "garden: runs")
    assert caught.value.code == "run/busy", "who was taken for dead writes no outcome"
    Lease(Store(root), ELSEWHERE).take("garden", INTENT, lambda: _record("garden"), "again")


@pytest.mark.starts("a program")
def test_who_has_died_loses_it(root: Path) -> None:
    _lock(root, _dead())
    assert "which has ended" in _call(root).output
    done = _call(root, "release", "garden", "--yes")
    assert done.exit_code == 0, done.output
    assert "nobody holds it any more" in _call(root).output
    assert "forced" not in facts(Store(root).log("garden", 1)[0].body)


def test_one_elsewhere_is_watched_for_as_long_as_its_lease_holds(root: Path) -> None:
    _lock(root, ELSEWHERE, lease_s=0.3)
    assert _call(root, "release", "garden", "--yes").exit_code == 0
    assert _intent(root) == INTENT


def test_one_elsewhere_that_gives_a_sign_keeps_it(root: Path) -> None:
    store = Store(root)
    _lock(root, ELSEWHERE, lease_s=90)

    def beat(_: float) -> None:
        store.update(
            "garden", lambda r: r and replace(r, intent={**r.intent, "beat": 1}), "garden: beat"
        )

    with pytest.raises(DeepcatError) as caught:
        Lease(store, sleep=beat).release("garden", lambda _: "garden: released")
    assert caught.value.code == "run/busy"


@pytest.mark.parametrize("name", ["garden", "nobody"])
def test_what_is_not_locked_is_refused(root: Path, name: str) -> None:
    _lock(root, Holder.me(), "alive")
    done = _call(root, "release", name, "--yes")
    assert isinstance(done.exception, DeepcatError)
    assert done.exception.exit_code == 2
    assert done.exception.hint == "locked are: alive"


def test_where_nothing_is_locked_no_list_is_begun(root: Path) -> None:
    done = _call(root, "release", "garden", "--yes")
    assert isinstance(done.exception, DeepcatError)
    assert done.exception.hint == "no deployment is locked"


def test_nobody_to_ask_is_misuse(root: Path) -> None:
    _lock(root, ELSEWHERE)
    done = _call(root, "release", "garden")
    assert isinstance(done.exception, DeepcatError)
    assert _intent(root)["holder"] == str(ELSEWHERE)


def test_the_remotes_records_are_the_truth_where_one_is_named(root: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    _lock(root, ELSEWHERE, lease_s=0.3)
    subprocess.run(["git", "init", "-q", "-b", "main", str(clone)], check=True)
    subprocess.run(["git", "-C", str(clone), "remote", "add", "origin", str(root)], check=True)
    (clone / "deepcat.yaml").write_text("apiVersion: deepcat/v1\ntitle: T\nsummary: S.\n")
    assert _call(clone, "release", "garden", "--yes", "--remote", "origin").exit_code == 0
    assert _intent(root) == INTENT


def test_status_names_the_command(root: Path) -> None:
    _lock(root, ELSEWHERE)
    done = CliRunner().invoke(cli, ["-C", str(root), "status"])
    assert "begun: create, not finished, by run r1; `deepcat locks` shows who holds it" in (
        done.output
    )


def test_the_shell_completes_what_is_locked(root: Path) -> None:
    _lock(root, ELSEWHERE)
    asked = ShellComplete(cli, {}, "deepcat", "_DEEPCAT_COMPLETE")
    found = asked.get_completions(["-C", str(root), "locks", "release"], "g")
    assert [each.value for each in found] == ["garden"]
