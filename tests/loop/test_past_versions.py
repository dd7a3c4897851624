"""Versions that main no longer has are planned, brought up and taken down from its history."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.keeping import row_file
from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.settings import read_settings
from deepcat.loop.wishes import read_wishes
from deepcat.plan.values import State, Status
from deepcat.records.record import Moment, Record
from deepcat.records.store import Store

pytestmark = pytest.mark.starts("Ansible")

WISH = "apiVersion: deepcat/v1\nmodule: tool\nprofile: serve\nowner: '@ada'\n"
POLICY = """\
apiVersion: deepcat/v1
name: old
summary: No version before the first good one.
on: module
deny: input.module.version == '1.0.0'
message: too old
hint: take a newer one
"""


def wish(tool: Any, version: str) -> None:
    tool.write({"deployments/demo.yaml": f"{WISH}version: '{version}'\n" if version else WISH})
    tool.commit(f"wish for {version}")


def change(tool: Any) -> dict[str, Any]:
    (found,) = json.loads(tool.deepcat("plan", "--json"))["changes"]
    return dict(found)


def refusal(tool: Any) -> str:
    return " ".join(json.loads(tool.deepcat("plan", "--json", ok=False))["refusals"]["demo"])


@pytest.fixture
def two(tool: Any) -> Any:
    """Version 1.0.0, then 1.1.0; gives the catalog with the commit of the first as `first`."""
    tool.first = tool.git("rev-parse", "HEAD").strip()
    tool.release("1.1.0", "second")
    tool.commit("1.1.0")
    return tool


@pytest.mark.parametrize(
    ("version", "gets"), [("1.0.0", "1.0.0"), ("<1.1", "1.0.0"), ("^1.0.0", "1.1.0"), ("", "1.1.0")]
)
def test_the_plan_names_the_commit(two: Any, version: str, gets: str) -> None:
    wish(two, version)
    found = change(two)
    assert found["version"] == gets
    assert found.get("module_commit") == (two.first if gets == "1.0.0" else None)
    assert "note" not in found
    shown = two.deepcat("plan")
    markdown = two.deepcat("plan", "--markdown")
    named = f"the module as of commit {two.first[:12]}"
    assert (named in shown) == (gets == "1.0.0")
    assert (f"The module as of commit {two.first}." in markdown) == (gets == "1.0.0")
    # The topology, too, is that version's.
    plays = two.deepcat("plan", "--plays")
    mark = "mark" if gets == "1.0.0" else "second"
    assert str(two.mark(mark)) in plays


def test_what_was_carried_is_judged_by_todays_owners_and_policies(tool: Any) -> None:
    plain = (tool.root / "modules/tool/tosca.yaml").read_text()
    asks = "create.sh, inputs: {KEY: 'env:DEEPCAT_WORKLOAD_BOB_KEY', "
    tool.write({"modules/tool/tosca.yaml": plain.replace("create.sh, inputs: {", asks)})
    tool.commit("1.0.0 asks for a secret that nobody owns yet")
    tool.release("1.1.0", "second")
    tool.commit("1.1.0 does not")
    wish(tool, "1.0.0")
    assert change(tool)["version"] == "1.0.0"
    settings = (tool.root / "deepcat.yaml").read_text()
    owned = "secrets: {'*': ['env:DEEPCAT_WORKLOAD_ADA_'], bob: ['env:DEEPCAT_WORKLOAD_BOB_']}\n"
    tool.write({"deepcat.yaml": settings + owned})
    tool.commit("bob owns it")
    assert "belongs to `bob`" in refusal(tool)
    assert "belongs to `bob`" in tool.deepcat("check", ok=False)
    wish(tool, "^1.0.0")
    assert change(tool)["version"] == "1.1.0"
    tool.write({"deepcat.yaml": settings, "policies/old.yaml": POLICY})
    wish(tool, "1.0.0")
    assert "too old" in refusal(tool)


def test_a_version_that_does_not_pass_is_refused_in_check_and_plan(tool: Any) -> None:
    good = (tool.root / "modules/tool/module.yaml").read_text()
    tool.write({"modules/tool/module.yaml": good.replace("1.0.0", "1.0.1") + "surprise: 1\n"})
    bad = tool.commit("1.0.1 does not pass")
    tool.write({"modules/tool/module.yaml": good.replace("1.0.0", "1.2.0")})
    tool.commit("1.2.0")
    wish(tool, "1.0.1")
    said = tool.deepcat("check", ok=False)
    assert f"deployments/demo.yaml:5:1: error: 1.0.1 of commit {bad[:12]} does not pass:" in said
    assert "deployment/version" in said
    assert "does not pass" in refusal(tool)


def test_inputs_are_those_of_the_version(two: Any) -> None:
    topology = (two.root / "modules/tool/tosca.yaml").read_text()
    inputs = "topology_template:\n  inputs: {size: {type: integer, default: 1}}"
    two.write(
        {
            "modules/tool/module.yaml": (two.root / "modules/tool/module.yaml")
            .read_text()
            .replace("1.1.0", "2.0.0"),
            "modules/tool/tosca.yaml": topology.replace("topology_template:", inputs),
        }
    )
    two.commit("2.0.0 has an input")
    for version, ok in (("2.0.0", True), ("1.1.0", False)):
        two.write({"deployments/demo.yaml": f"{WISH}version: {version}\ninputs: {{size: 2}}\n"})
        two.commit(version)
        said = two.deepcat("check", ok=ok)
        assert ("[deployment/inputs]" in said) is not ok


def test_a_module_that_was_taken_away(two: Any) -> None:
    two.git("rm", "-rq", "modules/tool")
    gone = "the module `tool` is no longer in the catalog"
    wish(two, "1.0.0")
    said = two.deepcat("check")
    assert f"deployments/demo.yaml:2:1: hint: {gone}; 1.0.0 of commit {two.first[:12]}" in said
    found = change(two)
    assert (found["version"], found["module_commit"], found["note"]) == ("1.0.0", two.first, gone)
    wish(two, "^1.0.0")
    assert "[deployment/gone]" in two.deepcat("check")
    assert refusal(two) == (
        f"{gone}; it had 1.1.0, 1.0.0 (pin one of them, such as `version: 1.1.0`, or deploy"
        " another module)"
    )
    wish(two, "^2.0.0")
    assert "deployments/demo.yaml:2:1: error: the module" in two.deepcat("check", ok=False)
    assert gone in refusal(two)


def test_a_clone_that_was_cut_off_says_how_to_mend_it(two: Any, tmp_path: Path) -> None:
    wish(two, "1.0.0")
    clone = tmp_path / "clone"
    two.git("clone", "-q", "--depth", "1", f"file://{two.root}", str(clone))
    two.root = clone
    words = "this clone was cut off: `git fetch --unshallow` brings what it lacks"
    assert words in refusal(two)
    assert words in two.deepcat("check", ok=False)
    two.git("fetch", "-q", "--unshallow")
    assert change(two)["module_commit"] == two.first
    assert "[deployment/version]" not in two.deepcat("check")


def test_what_is_kept_is_of_no_use_to_another_history(two: Any) -> None:
    wish(two, "1.0.0")
    assert change(two)["version"] == "1.0.0"
    kept = two.root / ".deepcat/cache/history.txt"
    assert two.first in kept.read_text()
    # The branch is rewritten: what led to it is another history now.
    two.git("reset", "-q", "--soft", "HEAD~2")
    two.git("commit", "-q", "--amend", "-m", "all in one")
    assert "nothing meets `1.0.0`" in refusal(two)
    shutil.rmtree(two.root / ".deepcat/cache")
    assert "nothing meets `1.0.0`" in refusal(two)


def test_what_is_kept_is_not_believed_where_it_came_by_git(two: Any, tmp_path: Path) -> None:
    two.git("switch", "-q", "-c", "evil")
    two.release("9.9.9", "evil")
    evil = two.commit("evil")
    folder = two.git("rev-parse", "HEAD:modules/tool").strip()
    two.git("switch", "-q", "main")
    kept = tmp_path / "kept/history.txt"
    row_file.write(kept, "history/1", {f"tool {two.first}": f"9.9.9 {evil} {folder}"})
    wish(two, "9.9.9")
    assert "nothing meets `9.9.9`" in refusal(two)
    here = two.root / ".deepcat/cache/history.txt"
    here.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(kept, here)
    assert change(two)["module_commit"] == evil  # it would, were it this clone's own
    two.git("add", "-f", str(here))
    two.git("commit", "-q", "-m", "what was kept")
    said = two.deepcat("ci", "pr", "--base", "HEAD~1", "--author", "ada", ok=False)
    assert "[review/kept]" in said
    here.unlink()
    two.git("checkout", "-q", "--", str(here))
    assert "nothing meets `9.9.9`" in refusal(two)


def test_what_runs_stays_as_it_is_whatever_was_done_on_the_way_to_the_next_version(
    tool: Any,
) -> None:
    wish(tool, "1.0.0")
    before = tool.git("rev-parse", "HEAD").strip()
    digest = load(work_tree(tool.root)).digests["tool"]
    tool.write({"modules/tool/create.sh": "echo half of what becomes 1.1.0\n"})
    half = tool.commit("half way")
    tool.release("1.1.0", "second")
    tool.commit("1.1.0")
    assert change(tool)["module_commit"] == half
    state = State(
        "demo", "tool", "1.0.0", digest, "serve", {}, "local", "host", Status.RUNNING, "", before
    )
    for known, gets in (
        (state, before),
        (replace(state, commit=""), half),
        (replace(state, module_digest="another"), half),
        (replace(state, version="1.1.0"), half),
        (replace(state, commit="f" * 40), half),
    ):
        new = Record(known)
        Store(tool.root).update("demo", lambda _, new=new: new, "demo: by the test")
        assert change(tool)["module_commit"] == gets


def test_a_review_sees_every_version_that_history_would_have(two: Any) -> None:
    two.write({"deepcat.yaml": (two.root / "deepcat.yaml").read_text() + "picks: []\n"})
    base = two.commit("base")
    two.git("switch", "-q", "-c", "topic")
    two.write({"modules/tool/create.sh": "curl evil\n"})
    two.release("9.9.9", "evil")
    evil = two.commit("evil")
    two.git("revert", "--no-edit", "HEAD")
    wish(two, "9.9.9")
    review = ("ci", "pr", "--base", base, "--author", "ada")
    said = two.deepcat(*review, "--head", "HEAD", ok=False)
    words = f"error: commit {evil[:12]} leaves `tool` 9.9.9 as no review shows it"
    assert words in said and "[review/hidden-version]" in said
    # Where main has moved on, a forge may still put the commits on top of it, one by one.
    two.git("switch", "-q", "main")
    two.git("commit", "-q", "--allow-empty", "-m", "meanwhile")
    tip = two.git("rev-parse", "HEAD").strip()
    merged = two.deepcat("ci", "pr", "--base", tip, "--head", "topic", "--author", "ada", ok=False)
    assert words in merged and "[review/hidden-version]" in merged
    # A merge, or one commit of all, leaves no trace of it: then no such version can be had.
    assert "nothing meets `9.9.9`" in merged
    # Who brings a version that stays, in as many commits as it takes, is told, and not stopped.
    two.git("switch", "-q", "-c", "other", base)
    two.write({"modules/tool/create.sh": "true # half\n"})
    half = two.commit("half")
    two.release("1.2.0", "third")
    two.commit("1.2.0")
    two.git("merge", "-q", "-m", "merge", "main")
    said = two.deepcat(*review, "--head", "other", ok=None)
    assert f"hint: commit {half[:12]} leaves `tool` 1.1.0 as no review shows it" in said
    assert said.count("[review/hidden-version]") == 1
    # One that comes and goes on the way there is.
    two.release("1.3.0", "fourth")
    passing = two.commit("1.3.0")
    two.release("1.4.0", "fifth")
    two.commit("1.4.0")
    said = two.deepcat(*review, "--head", "other", ok=False)
    assert f"error: commit {passing[:12]} leaves `tool` 1.3.0 as no review shows it" in said


@pytest.mark.parametrize(
    ("status", "history", "goes_on"),
    [
        (Status.RUNNING, (), True),
        (Status.ENDED, (), True),
        (Status.FAILED, (Moment("", "running"), Moment("", "failed")), True),
        (Status.FAILED, (Moment("", "pending"), Moment("", "failed")), False),
        (Status.PENDING, (), False),
    ],
)
def test_only_what_ever_ran_goes_on(
    tool: Any, status: Status, history: tuple[Moment, ...], goes_on: bool
) -> None:
    commit = tool.git("rev-parse", "HEAD").strip()
    state = State("demo", "tool", "1.0.0", "", "serve", {}, "local", "host", status, "", commit)
    digest = load(work_tree(tool.root)).digests["tool"]
    record = Record(replace(state, module_digest=digest), history=history)
    tool.git("rm", "-rq", "modules/tool")
    tree = work_tree(tool.root)
    wishes, held = read_wishes(tree, load(tree), read_settings(tree), {"demo": record})
    assert (list(wishes), list(held)) == ((["demo"], []) if goes_on else ([], ["demo"]))


@pytest.mark.slow
def test_an_old_version_comes_up_and_goes_by_its_own_scripts(two: Any) -> None:
    two.deepcat("apply", "--yes")
    assert two.mark("second").exists()
    wish(two, "1.0.0")
    two.deepcat("apply", "--yes")
    assert two.mark("mark").exists()
    assert not two.mark("second").exists()
    record = Store(two.root).read_all()["demo"]
    assert (record.state.version, record.state.module_commit) == ("1.0.0", two.first)
    assert f"the module as of commit {two.first[:12]}" in two.deepcat("status")
    told = json.loads(two.deepcat("status", "--json"))
    assert told[0]["module_commit"] == two.first
    assert change(two)["action"] == "none"
    # Taken down by the scripts of that very version, whatever the tip says.
    two.write({"modules/tool/delete.sh": "exit 1\n", "deployments/demo.yaml": None})
    two.commit("no wish")
    assert "tool: delete of 1.0.0" in two.deepcat("plan", "--json")
    assert "✓ demo: is gone" in two.deepcat("apply", "--yes")
    assert not two.mark("mark").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "breaks",
    [
        lambda tool: tool.write({"modules/tool/module.yaml": "version: [\n"}),
        lambda tool: tool.write({"modules/tool/module.yaml": "name: tool\nversion: 1.1.0\n"}),
        lambda tool: tool.git("rm", "-rq", "modules/tool"),
    ],
    ids=["unreadable", "with errors", "taken away"],
)
def test_what_ran_comes_back_while_the_tip_has_no_sound_module(
    tool: Any, breaks: Callable[[Any], Any]
) -> None:
    wish(tool, "^1.0.0")
    tool.deepcat("apply", "--yes")
    brought = tool.git("rev-parse", "HEAD").strip()
    breaks(tool)
    tool.commit("no sound module")
    found = change(tool)
    assert (found["action"], found["version"]) == ("none", "1.0.0")
    assert "goes on" in found["note"]
    # Its host dies, with all that was on it.
    tool.mark("mark").unlink()
    shutil.rmtree(tool.root / ".deepcat" / "local")
    found = change(tool)
    assert (found["action"], found["module_commit"]) == ("create", brought)
    assert "✓ demo" in tool.deepcat("ci", "watch")
    assert tool.mark("mark").exists()
    assert change(tool)["action"] == "none"
    assert "[deployment/gone]" in tool.deepcat("check", ok=None) or (tool.root / "modules").is_dir()


@pytest.mark.parametrize("broken", ["{{{\n", "x: [1\n", "topology_template: {outputs: {a: 1}}\n"])
def test_a_template_that_was_broken_then_is_told_with_its_commit(tool: Any, broken: str) -> None:
    plain = (tool.root / "modules/tool/tosca.yaml").read_text()
    tool.release("1.0.1", "spoilt")
    tool.write({"modules/tool/tosca.yaml": plain + broken})
    tool.commit("1.0.1")
    commit = tool.git("rev-parse", "HEAD").strip()
    tool.write({"modules/tool/tosca.yaml": plain})
    tool.release("1.1.0", "second")
    tool.commit("1.1.0")
    wish(tool, "1.0.1")
    named = f"1.0.1 of commit {commit[:12]} does not pass"
    assert named in refusal(tool)
    (found,) = [
        each
        for each in json.loads(tool.deepcat("check", "--json", ok=False))["findings"]
        if each["severity"] == "error"
    ]
    assert (found["code"], found["path"], found["line"]) == (
        "deployment/version",
        "deployments/demo.yaml",
        5,
    )
    assert found["message"].startswith(f"{named}: modules/tool/tosca.yaml:")
