"""A deployment is taken back to a version that ran before: which, what is written, what is said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from deepcat.catalog.reading.history import Carried
from deepcat.loop.rollback import last_good
from deepcat.plan.values import State, Status
from deepcat.records.record import Record
from deepcat.records.store import Store

WISH = """\
# Whoever changes this: ask Ada.
apiVersion: deepcat/v1
module: tool
version: '^1.0.0'   # the line
profile: serve
owner: '@ada'
"""


def record(
    version: str,
    status: Status = Status.RUNNING,
    module: str = "tool",
    exit_status: int | None = None,
    **more: Any,
) -> Record:
    state = State(
        "demo", module, version, "", "serve", {}, "local", "host", status, "", "",
        is_job=exit_status is not None, exit_status=exit_status,
    )  # fmt: skip
    return Record(state, **more)


FAILED, ENDED, GONE = Status.FAILED, Status.ENDED, Status.GONE
HALF = {"samples": {"passed": 1, "failed": 1, "at": ""}}
THERE = ("1.2.0", "1.1.0", "1.0.0")


@pytest.mark.parametrize(
    ("records", "present", "there", "found"),
    [
        ([record("1.1.0"), record("1.0.0")], "1.1.0", THERE, "1.0.0"),
        ([record("1.2.0"), record("1.1.0"), record("1.0.0")], "1.2.0", THERE, "1.1.0"),
        # The present one never came up: what runs is the last good one.
        ([record("1.0.0")], "1.1.0", THERE, "1.0.0"),
        ([record("1.1.0", FAILED), record("1.0.0")], "1.1.0", THERE, "1.0.0"),
        ([record("1.1.0", FAILED), record("1.0.0", FAILED)], "1.2.0", THERE, ""),
        ([record("1.1.0", GONE), record("1.0.0", Status.PENDING)], "1.2.0", THERE, ""),
        # What was begun and never finished, or answered wrongly, did not run well.
        ([record("1.1.0", intent={"action": "create"}), record("1.0.0")], "1.2.0", THERE, "1.0.0"),
        ([record("1.1.0", **HALF), record("1.0.0")], "1.2.0", THERE, "1.0.0"),
        # A job ran well when it ended well.
        ([record("1.1.0", FAILED, exit_status=1), record("1.0.0", ENDED, exit_status=0)],
         "1.2.0", THERE, "1.0.0"),
        # Another module, and what history does not have, is no way back.
        ([record("1.1.0", module="other"), record("1.0.0")], "1.2.0", THERE, "1.0.0"),
        ([record("1.1.0"), record("1.0.0")], "1.2.0", ("1.2.0", "1.0.0"), "1.0.0"),
        ([record("1.1.0")], "1.1.0", THERE, ""),
        ([], "1.1.0", THERE, ""),
        # Once back, the way back is forward.
        ([record("1.0.0"), record("1.1.0"), record("1.0.0")], "1.0.0", THERE, "1.1.0"),
        # Nothing is had now: what ran last.
        ([record("1.1.0"), record("1.0.0")], "", THERE, "1.1.0"),
    ],
)  # fmt: skip
def test_the_last_version_that_ran_well(
    records: Sequence[Record], present: str, there: Sequence[str], found: str
) -> None:
    known = [Carried(version, "c", "f") for version in there]
    assert last_good(records, "tool", present, known) == found


@pytest.fixture
def two(tool: Any) -> Any:
    tool.first = tool.git("rev-parse", "HEAD").strip()
    tool.release("1.1.0", "second")
    tool.write({"deployments/demo.yaml": WISH})
    tool.commit("1.1.0")
    return tool


def recorded(tool: Any, *versions: str) -> None:
    for version in versions:
        new = record(version)
        Store(tool.root).update("demo", lambda _, new=new: new, f"demo: {version}")


@pytest.mark.starts("deepcat")
def test_one_line_of_the_file_is_written(two: Any) -> None:
    path = two.root / "deployments/demo.yaml"
    said = two.deepcat("rollback", "demo", "1.0.0", "--dry-run")
    assert path.read_text() == WISH
    words = f"`version: 1.0.0` of commit {two.first[:12]}, instead of `version: ^1.0.0`."
    assert f"deployments/demo.yaml: would write {words}" in said
    assert "+ demo: create (tool 1.0.0)" in said
    assert "Next:" not in said
    said = two.deepcat("rollback", "demo", "1.0.0")
    assert path.read_text() == WISH.replace("^1.0.0", "1.0.0")
    assert f"deployments/demo.yaml: wrote {words}" in said
    assert "Next: commit deployments/demo.yaml; then open a pull request,\n" in said
    assert "nothing" not in two.deepcat("plan")
    said = two.deepcat("rollback", "demo", "1.0.0")
    assert "deployments/demo.yaml says `version: 1.0.0` already" in said
    # The newest is a version, too.
    told = json.loads(two.deepcat("rollback", "demo", "1.1.0", "--json"))
    assert (told["before"], told["version"], told["module_commit"], told["written"]) == (
        "1.0.0", "1.1.0", "", True,
    )  # fmt: skip
    assert told["plan"]["changes"][0]["version"] == "1.1.0"
    assert path.read_text() == WISH.replace("^1.0.0", "1.1.0")


@pytest.mark.starts("deepcat")
def test_without_a_version_it_is_the_last_that_ran_well(two: Any) -> None:
    recorded(two, "1.0.0", "1.1.0")
    told = json.loads(two.deepcat("rollback", "demo", "--dry-run", "--json"))
    assert (told["version"], told["module_commit"]) == ("1.0.0", two.first)
    # Nothing meets the wish: what runs is what it goes back to.
    two.write({"deployments/demo.yaml": WISH.replace("^1.0.0", "^9.0.0")})
    two.deepcat("rollback", "demo")
    assert "version: '1.1.0'   # the line\n" in (two.root / "deployments/demo.yaml").read_text()


@pytest.mark.starts("deepcat")
@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["demo"], "no other version of `tool` ran well for `demo` before 1.1.0\nhint: name one"
         " that history has: 1.0.0\n"),
        (["demo", "7.0.0"], "no commit that led here carried `tool` 7.0.0\nhint: there are: 1.1.0,"
         " 1.0.0\n"),
        (["demo", "^1.0.0"], "no commit that led here carried `tool` ^1.0.0"),
        (["dmeo"], "there is no deployment `dmeo`"),
    ],
)  # fmt: skip
def test_what_cannot_be_gone_back_to(two: Any, argv: list[str], says: str) -> None:
    assert says in two.deepcat("rollback", *argv, ok=False)
    assert (two.root / "deployments/demo.yaml").read_text() == WISH


@pytest.mark.starts("deepcat")
def test_what_no_longer_passes_is_not_written(two: Any) -> None:
    settings = (two.root / "deepcat.yaml").read_text()
    two.git("rm", "-q", "modules/tool/tosca.yaml")
    two.write({"modules/tool/module.yaml": "name: tool\nversion: 0.9.0\nsurprise: 1\n"})
    two.commit("0.9.0 is wrong")
    two.git("revert", "--no-edit", "HEAD")
    said = two.deepcat("rollback", "demo", "0.9.0", ok=False)
    assert "[rollback/refused]: `tool` 0.9.0 cannot be deployed any more: 0.9.0 of commit" in said
    assert (two.root / "deployments/demo.yaml").read_text() == WISH
    two.write({"deepcat.yaml": settings, "deployments/demo.yaml": WISH + "surprise: 1\n"})
    assert "[rollback/file]: deployments/demo.yaml:7:1:" in two.deepcat(
        "rollback", "demo", "1.0.0", ok=False
    )


@pytest.mark.starts("Ansible")
@pytest.mark.slow
def test_there_and_back_again(two: Any) -> None:
    two.git("checkout", "-q", two.first, "--", "modules")
    two.commit("1.0.0 again")
    two.deepcat("apply", "--yes")
    two.git("revert", "--no-edit", "HEAD")
    two.deepcat("apply", "--yes")
    assert two.mark("second").exists()
    two.deepcat("rollback", "demo")
    two.commit("back")
    two.deepcat("apply", "--yes")
    assert two.mark("mark").exists()
    assert not two.mark("second").exists()
    assert json.loads(two.deepcat("status", "--json"))[0]["version"] == "1.0.0"
    two.deepcat("rollback", "demo")
    two.commit("back")
    two.deepcat("apply", "--yes")
    assert two.mark("second").exists()
    assert not two.mark("mark").exists()
