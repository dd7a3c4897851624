"""Whoever asks, a deployment is taken down alike: by what its own version brings for it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deepcat.records.store import Store

pytestmark = pytest.mark.starts("Ansible")

KILLED = Path(__file__).resolve().parents[1] / "rigs" / "killed.py"


def _merge(tool: Any) -> str:
    return str(tool.deepcat("ci", "merge", "--base", "HEAD~1"))


def _apply(tool: Any) -> str:
    return str(tool.deepcat("apply", "--yes"))


@pytest.mark.parametrize("take", [_apply, _merge], ids=["apply", "merge"])
@pytest.mark.parametrize("files", [{}, {"modules/tool/delete.sh": "exit 1\n"}], ids=["", "new"])
def test_what_is_wished_no_more_goes_by_its_own_scripts(
    tool: Any, take: Callable[[Any], str], files: dict[str, str]
) -> None:
    tool.deepcat("apply", "--yes")
    assert tool.mark("mark").exists()
    # The scripts of its own version count, whatever the module says by now.
    tool.write({"deployments/demo.yaml": None} | files)
    tool.commit("no wish")
    steps = tool.deepcat("plan", "--json")
    assert "tool: delete of 1.0.0" in steps
    said = take(tool)
    assert "✓ demo: is gone" in said
    assert "note" not in said
    assert not tool.mark("mark").exists()


def test_what_outlived_its_lifetime_goes_by_its_own_scripts(tool: Any) -> None:
    tool.write({"deployments/demo.yaml": (tool.root / "deployments/demo.yaml").read_text()
                + "lifetime: 12h\n"})  # fmt: skip
    tool.commit("lifetime")
    tool.deepcat("apply", "--yes")
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    Store(tool.root).update(
        "demo", lambda r: r and replace(r, state=replace(r.state, expires=past)), "by the test"
    )
    assert "✓ demo: is gone" in tool.deepcat("ci", "watch")
    assert not tool.mark("mark").exists()


def test_an_orphan_and_what_is_destroyed_go_by_their_own_scripts(tool: Any) -> None:
    tool.write({"deployments/other.yaml": (tool.root / "deployments/demo.yaml").read_text()})
    tool.commit("another")
    tool.deepcat("apply", "--yes")
    assert "✓ other: is gone" in tool.deepcat("destroy", "other", "--yes")
    assert not tool.mark("mark").exists()
    tool.mark("mark").write_text("again")
    # The wish and the record of the other one are lost, as no orderly command would do it.
    tool.write({"deployments/demo.yaml": None, "deployments/other.yaml": None})
    tool.commit("no wish")
    Store(tool.root).update("kept", lambda _: _copy(tool, "kept"), "another record")
    Store(tool.root).update("demo", lambda _: None, "lost")
    assert "✓ demo: is gone" in tool.deepcat("ci", "watch", ok=None)
    assert not tool.mark("mark").exists()


def _copy(tool: Any, name: str) -> Any:
    record = Store(tool.root).read("demo")
    assert record
    return replace(record, state=replace(record.state, name=name, resources={}, commit=""))


def test_files_that_were_in_no_commit_take_themselves_down(tool: Any) -> None:
    tool.write({"note": "not committed\n"})
    tool.deepcat("apply", "--yes")
    assert "note" not in tool.deepcat("destroy", "demo", "--yes").replace("note\n", "")
    assert not tool.mark("mark").exists()


def test_another_version_takes_away_what_the_old_one_made(tool: Any) -> None:
    tool.deepcat("apply", "--yes")
    tool.release("2.0.0", "second", host="box")
    tool.write({"modules/tool/delete.sh": "exit 1\n"})
    tool.commit("version 2")
    assert "tool: delete of 1.0.0" in tool.deepcat("plan", "--json")
    plays = tool.deepcat("plan", "--plays")
    assert plays.index("hosts: demo.box") < plays.index("hosts: demo.host")
    assert plays.count("deepcat_operation") == 2
    said = tool.deepcat("apply", "--yes")
    assert "✓ demo: tool 2.0.0 runs" in said
    assert "note" not in said
    assert not tool.mark("mark").exists()
    assert tool.mark("second").exists()
    # A script that fails is said, and what it should take away is not hidden.
    tool.write({"deployments/demo.yaml": None})
    tool.commit("no wish")
    said = tool.deepcat("apply", "--yes")
    assert "note: tool: delete: `delete.sh` ended with status 1" in said
    assert "Deepcat-Note: tool: delete" in tool.git("log", "-1", "--format=%B", "records")
    assert tool.mark("second").exists()


def test_what_both_versions_make_is_left_to_the_new_one(tool: Any) -> None:
    tool.deepcat("apply", "--yes")
    tool.release("2.0.0", "mark")
    tool.write({"modules/tool/create.sh": 'echo second > "$WHERE"\n'})
    tool.commit("version 2")
    assert "delete of 1.0.0" not in tool.deepcat("plan", "--json")
    tool.deepcat("apply", "--yes")
    assert tool.mark("mark").read_text() == "second\n"


def test_a_new_version_that_fails_takes_away_what_it_made_and_leaves_the_old(tool: Any) -> None:
    tool.deepcat("apply", "--yes")
    tool.release("2.0.0", "second")
    tool.write({"modules/tool/create.sh": 'echo > "$WHERE"; echo > "$WHERE.made"; exit 3\n'})
    tool.commit("version 2")
    assert "✗ demo" in tool.deepcat("apply", "--yes", ok=False)
    assert tool.mark("mark").exists()
    assert tool.mark("second.made").exists()
    assert not tool.mark("second").exists()
    # What both versions make is the old one's, and stays.
    tool.release("3.0.0", "mark")
    tool.commit("version 3")
    assert "✗ demo" in tool.deepcat("apply", "--yes", ok=False)
    assert tool.mark("mark").exists()
    assert Store(tool.root).read_all()["demo"].state.version == "1.0.0"


def test_a_first_version_that_fails_takes_away_what_it_made(tool: Any) -> None:
    tool.write({"modules/tool/create.sh": 'echo > "$WHERE"; exit 3\n'})
    tool.commit("a mistake")
    assert "✗ demo" in tool.deepcat("apply", "--yes", ok=False)
    assert not tool.mark("mark").exists()
    assert not (tool.root / ".deepcat/local/demo").exists()


def test_what_cannot_be_read_any_more_is_said_and_stops_nothing(tool: Any) -> None:
    tool.deepcat("apply", "--yes")
    lost = "0" * 40
    Store(tool.root).update(
        "demo", lambda r: r and replace(r, state=replace(r.state, commit=lost)), "by the test"
    )
    tool.release("2.0.0", "second")
    tool.commit("version 2")
    why = "what 1.0.0 made by itself may be left: the commit 000000000000 that it was applied from"
    assert why in tool.deepcat("plan", "--json")
    said = tool.deepcat("apply", "--yes")
    assert f"note: {why}" in said
    assert "✓ demo: tool 2.0.0 runs" in said
    assert tool.mark("mark").exists()


def test_an_operation_that_would_be_given_the_new_ones_attributes_is_left_out(tool: Any) -> None:
    tool.release("1.0.0", "mark", more="stop: {implementation: stop.sh, inputs: "
                 "{ID: {get_attribute: [SELF, state]}}}")  # fmt: skip
    tool.write(
        {
            "modules/tool/create.sh": 'echo > "$WHERE"; echo "state=$WHERE" > "$DEEPCAT_OUTPUT"\n',
            "modules/tool/stop.sh": 'touch "$ID.stopped"\n',
        }
    )
    tool.commit("an attribute")
    tool.deepcat("apply", "--yes")
    tool.release("2.0.0", "second", more="stop: {implementation: stop.sh, inputs: "
                 "{ID: {get_attribute: [SELF, state]}}}")  # fmt: skip
    tool.write({"modules/tool/stop.sh": 'touch "$ID.stopped.again"\n'})
    tool.commit("version 2")
    said = tool.deepcat("apply", "--yes")
    assert "note: `tool: stop` of 1.0.0 was left out" in said
    assert not tool.mark("mark").exists()
    assert not list(tool.root.parent.glob("*.stopped*"))


def test_under_another_name_the_old_one_goes_first(tool: Any) -> None:
    tool.deepcat("apply", "--yes")
    tool.git("mv", "deployments/demo.yaml", "deployments/new.yaml")
    tool.commit("another name")
    said = tool.deepcat("apply", "--yes")
    assert said.index("demo: tool: delete") < said.index("new: tool: create")
    assert "✓ new: tool 1.0.0 runs" in said
    assert tool.mark("mark").exists()
    assert not (tool.root / ".deepcat/local/demo").exists()


@pytest.mark.parametrize("then", ["another version", "no wish", "destroy"])
def test_what_a_killed_attempt_made_goes_with_the_next_change(tool: Any, then: str) -> None:
    tool.deepcat("apply", "--yes")
    tool.release("2.0.0", "second")
    tool.commit("version 2")
    at = 1
    while not tool.mark("second").exists():
        done = tool.run(str(KILLED), str(at), "apply", "--yes")
        assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
        at += 1
    assert tool.mark("mark").exists()
    if then == "no wish":
        tool.write({"deployments/demo.yaml": None})
    else:
        tool.release("3.0.0", "third")
    tool.commit(then)
    argv = ["destroy", "demo"] if then == "destroy" else ["apply"]
    said = tool.deepcat(*argv, "--yes")
    assert not tool.mark("mark").exists()
    assert not tool.mark("second").exists(), said
    assert tool.mark("third").exists() == (then == "another version")


def test_killed_at_every_moment_of_a_new_version(tool: Any) -> None:
    tool.deepcat("apply", "--yes")
    tool.release("2.0.0", "second")
    tool.commit("version 2")
    at = 1
    while (done := tool.run(str(KILLED), str(at), "apply", "--yes")).returncode != 0:
        assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
        assert tool.mark("mark").exists() or tool.mark("second").exists()
        at += 1
    assert at > 8
    assert not tool.mark("mark").exists()
    assert tool.mark("second").exists()
    record = Store(tool.root).read("demo")
    assert record
    assert (record.intent, record.state.version) == ({}, "2.0.0")
    assert "Nothing to do" in tool.deepcat("apply", "--yes")
